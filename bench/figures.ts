/** One row of the table in README.md. `note` says what else was seen in the same run. */
export type Figure = {
  readonly name: string;
  readonly measured: string;
  readonly target: string;
  readonly ok: boolean;
  readonly note: string;
};

/** `| figure | measured | target | result | note |`. */
export function figureRow({ name, measured, target, ok, note }: Figure): string {
  return `| ${name} | ${measured} | ${target} | ${ok ? "pass" : "FAIL"} | ${note} |`;
}

/** Smallest, middle and largest of a list of at least one number. */
export function spread(values: readonly number[]): {
  readonly min: number;
  readonly median: number;
  readonly max: number;
} {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return { min: at(0), median: at(Math.floor((sorted.length - 1) / 2)), max: at(sorted.length - 1) };
}

/** `0.28 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
