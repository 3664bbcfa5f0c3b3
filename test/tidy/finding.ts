/** One thing that is not as style.md wants it. `budget` is there when a ratchet entry may excuse it. */
export type Finding = {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly what: string;
  readonly budget?: { readonly id: string; readonly value: number };
};
