/**
 * The candidate a mistyped word most likely meant, or `undefined` when none is near.
 * Case does not count; a swap of two neighbours is one change; up to one change for every three characters is near.
 * Of equally near ones the first.
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > WORD_LENGTH_MAX) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestChanges = Infinity;
  for (const candidate of candidates) {
    const near = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3));
    const changes = countChanges(wanted, candidate.toLowerCase());
    if (changes > near || changes >= bestChanges || changes >= candidate.length) continue;
    best = candidate;
    bestChanges = changes;
  }
  return best;
}

/** Longer words are no typing mistakes, and the work grows with the product of both lengths. */
const WORD_LENGTH_MAX = 80;

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function countChanges(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      const replaced = at(last, column - 1) + (same ? 0 : 1);
      let changes = Math.min(replaced, at(last, column) + 1, at(current, column - 1) + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) changes = Math.min(changes, at(before, column - 2) + 1);
      current.push(changes);
    }
    before = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
