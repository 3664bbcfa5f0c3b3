/** A process type as a platform's parser reports it. `line`, from 1, is where its command comes from. */
export type DialectEntry = { readonly name: string; readonly command: string; readonly line?: number };

/** Why a parser refuses a file. `line`, from 1, where there is one to blame. */
export type DialectError = { readonly message: string; readonly line?: number };

/** What a platform's parser makes of a Procfile: its entries in the order it reports them, or its refusal. */
export type DialectReading =
  | { readonly entries: readonly DialectEntry[]; readonly error: null }
  | { readonly entries: null; readonly error: DialectError };

/** The parser took the file. */
export function accepted(entries: Iterable<DialectEntry>): DialectReading {
  return { entries: [...entries], error: null };
}

/** The parser refuses the file as a whole. */
export function refused(message: string, line?: number): DialectReading {
  return { entries: null, error: line === undefined ? { message } : { message, line } };
}

/** Takes over what an entry pattern with two groups matches, line by line; other lines are passed over. */
export function matchLines(lines: readonly string[], pattern: RegExp): readonly DialectEntry[] {
  return lines.flatMap((text, index) => {
    const [, name, command] = pattern.exec(text) ?? [];
    return name === undefined || command === undefined ? [] : [{ name, command, line: index + 1 }];
  });
}

/** Later entries take the place of earlier ones with their name, as in a hash. */
export function lastOfEachName(entries: readonly DialectEntry[]): readonly DialectEntry[] {
  return [...new Map(entries.map((entry) => [entry.name, entry])).values()];
}
