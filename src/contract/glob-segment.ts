/** Whether a file name matches. */
export type Glob = (name: string) => boolean;

type Piece = "*" | ((character: string) => boolean);

const CLASS_NAMES: Readonly<Record<string, RegExp>> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  // oxlint-disable-next-line no-control-regex -- that is what the class holds
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t-\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

/**
 * Compiles a shell pattern for one file name: `*`, `?`, `[a-z]`, `[!a]`, `[[:digit:]]`, backslash escapes. Case counts.
 * `undefined` for a pattern that can match no name: empty, an open bracket, a backslash at the end.
 * A match takes at most the product of both lengths.
 */
export function compileGlob(pattern: string): Glob | undefined {
  if (pattern === "") return undefined;
  if (!/[*?[\\]/.test(pattern)) return (name) => name === pattern;
  const pieces = readPieces(Array.from(pattern));
  return pieces === undefined ? undefined : (name) => matchesPieces(pieces, Array.from(name));
}

function readPieces(characters: readonly string[]): Piece[] | undefined {
  const pieces: Piece[] = [];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? "";
    if (character === "*") {
      if (pieces.at(-1) !== "*") pieces.push("*");
    } else if (character === "?") pieces.push(() => true);
    else if (character === "[") {
      const read = readClass(characters, index + 1);
      if (read === undefined) return undefined;
      pieces.push(read.test);
      index = read.end;
    } else {
      if (character === "\\") index += 1;
      const wanted = characters[index];
      if (wanted === undefined) return undefined;
      pieces.push((found) => found === wanted);
    }
  }
  return pieces;
}

type ClassReading = { readonly test: (character: string) => boolean; readonly end: number };

/** Reads a bracket expression from after its `[`; a `]` that comes first is an ordinary character. */
function readClass(characters: readonly string[], start: number): ClassReading | undefined {
  const isNegated = characters[start] === "!" || characters[start] === "^";
  const tests: ((character: string) => boolean)[] = [];
  let index = isNegated ? start + 1 : start;
  for (let isFirst = true; isFirst || characters[index] !== "]"; isFirst = false) {
    const item = readClassName(characters, index) ?? readClassRange(characters, index);
    if (item === undefined) return undefined;
    tests.push(item.test);
    index = item.end + 1;
  }
  return { test: (character) => tests.some((test) => test(character)) !== isNegated, end: index };
}

/** `[:alpha:]`; an unknown name holds nothing. */
function readClassName(characters: readonly string[], index: number): ClassReading | undefined {
  const match = /^\[:([a-z]*):\]/.exec(characters.slice(index, index + 12).join(""));
  if (match === null) return undefined;
  const named = CLASS_NAMES[match[1] ?? ""];
  return { test: (character) => named?.test(character) ?? false, end: index + match[0].length - 1 };
}

function readClassRange(characters: readonly string[], index: number): ClassReading | undefined {
  const low = readMember(characters, index);
  if (low === undefined) return undefined;
  const next = characters[low.end + 2];
  const high = characters[low.end + 1] === "-" && next !== "]" ? readMember(characters, low.end + 2) : low;
  if (high === undefined) return undefined;
  const [from, to] = [codeOf(low.character), codeOf(high.character)];
  return { test: (character) => codeOf(character) >= from && codeOf(character) <= to, end: high.end };
}

function readMember(
  characters: readonly string[],
  index: number,
): { readonly character: string; readonly end: number } | undefined {
  const at = characters[index] === "\\" ? index + 1 : index;
  const character = characters[at];
  return character === undefined ? undefined : { character, end: at };
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Goes back to the last star only. */
function matchesPieces(pieces: readonly Piece[], name: readonly string[]): boolean {
  let at = 0;
  let wanted = 0;
  let lastStar = -1;
  let resumeAt = 0;
  while (at < name.length) {
    const piece = pieces[wanted];
    if (piece === "*") {
      lastStar = wanted;
      resumeAt = at;
      wanted += 1;
    } else if (piece !== undefined && piece(name[at] ?? "")) {
      at += 1;
      wanted += 1;
    } else if (lastStar !== -1) {
      resumeAt += 1;
      at = resumeAt;
      wanted = lastStar + 1;
    } else return false;
  }
  return pieces.slice(wanted).every((piece) => piece === "*");
}
