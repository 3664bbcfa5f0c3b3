const CONTEXT_LINES = 3;
/** Beyond so many changed lines the whole middle is shown as replaced: comparing would take longer than reading it. */
const CHANGES_MAX = 500;
const NO_NEWLINE = "\\ No newline at end of file";

/** A line that stays (` `), goes (`-`) or comes (`+`). */
type DiffLine = { readonly sign: " " | "-" | "+"; readonly text: string };

/** The lines of a unified diff with three lines of context; empty when both texts are the same. `path` stands in its head. */
export function unifiedDiff(path: string, before: string, after: string): readonly string[] {
  if (before === after) return [];
  const lines = diffLines(split(before), split(after));
  return [`--- a/${path}`, `+++ b/${path}`, ...hunksOf(lines).flatMap((hunk) => hunkLines(lines, hunk))];
}

/** Lines with their line feed, so that a missing last one is a difference. */
function split(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function diffLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const shortest = Math.min(before.length, after.length) - head;
  while (tail < shortest && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const stay = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ sign: " ", text }));
  return [
    ...stay(before.slice(0, head)),
    ...diffMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...stay(before.slice(before.length - tail)),
  ];
}

/** The shortest way from one to the other (Myers' greedy algorithm), or all lines replaced when that is too long. */
function diffMiddle(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const trace = shortestPath(before, after);
  if (trace === undefined) {
    const gone = before.map((text): DiffLine => ({ sign: "-", text }));
    return [...gone, ...after.map((text): DiffLine => ({ sign: "+", text }))];
  }
  return walkBack(trace, before, after);
}

type Frontier = ReadonlyMap<number, number>;

/** How far each diagonal was reached after 0, 1, 2 … changes. */
function shortestPath(before: readonly string[], after: readonly string[]): readonly Frontier[] | undefined {
  const trace: Frontier[] = [];
  let reached: Map<number, number> = new Map([[1, 0]]);
  for (let changes = 0; changes <= CHANGES_MAX; changes += 1) {
    trace.push(new Map(reached));
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let x = startOn(reached, diagonal, changes);
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      reached = reached.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return trace;
    }
  }
  return undefined;
}

function startOn(reached: Frontier, diagonal: number, changes: number): number {
  const [left = -1, right = -1] = [reached.get(diagonal - 1), reached.get(diagonal + 1)];
  return diagonal === -changes || (diagonal !== changes && left < right) ? right : left + 1;
}

function walkBack(trace: readonly Frontier[], before: readonly string[], after: readonly string[]): DiffLine[] {
  const lines: DiffLine[] = [];
  let [x, y] = [before.length, after.length];
  for (let changes = trace.length - 1; changes >= 0; changes -= 1) {
    const reached = trace[changes] ?? new Map<number, number>();
    const diagonal = x - y;
    const [left = -1, right = -1] = [reached.get(diagonal - 1), reached.get(diagonal + 1)];
    const isDown = diagonal === -changes || (diagonal !== changes && left < right);
    const fromX = isDown ? right : left;
    const fromY = fromX - (isDown ? diagonal + 1 : diagonal - 1);
    while (x > Math.max(fromX, 0) && y > Math.max(fromY, 0)) {
      lines.push({ sign: " ", text: before[(x -= 1)] ?? "" });
      y -= 1;
    }
    if (changes === 0) break;
    if (isDown) lines.push({ sign: "+", text: after[(y -= 1)] ?? "" });
    else lines.push({ sign: "-", text: before[(x -= 1)] ?? "" });
  }
  return lines.toReversed();
}

type Hunk = { readonly from: number; readonly to: number };

/** Ranges of lines around the changes; those that touch are one. */
function hunksOf(lines: readonly DiffLine[]): readonly Hunk[] {
  const hunks: Hunk[] = [];
  for (const [index, { sign }] of lines.entries()) {
    if (sign === " ") continue;
    const from = Math.max(0, index - CONTEXT_LINES);
    const to = Math.min(lines.length, index + CONTEXT_LINES + 1);
    const last = hunks.at(-1);
    if (last !== undefined && from <= last.to) hunks[hunks.length - 1] = { from: last.from, to };
    else hunks.push({ from, to });
  }
  return hunks;
}

function hunkLines(lines: readonly DiffLine[], { from, to }: Hunk): readonly string[] {
  const own = lines.slice(from, to);
  const range = (sign: "-" | "+"): string => {
    const isOn = (line: DiffLine): boolean => line.sign === " " || line.sign === sign;
    const count = own.filter(isOn).length;
    const start = lines.slice(0, from).filter(isOn).length + (count === 0 ? 0 : 1);
    return `${sign}${start}${count === 1 ? "" : `,${count}`}`;
  };
  const body = own.flatMap(({ sign, text }) =>
    text.endsWith("\n") ? [sign + text.slice(0, -1)] : [sign + text, NO_NEWLINE],
  );
  return [`@@ ${range("-")} ${range("+")} @@`, ...body];
}
