/* oxlint-disable no-control-regex -- control characters are what these look for */

/** Characters a terminal would obey, line feeds left out. */
export function obeyedBy(text: string): string[] {
  return text.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g) ?? [];
}

/** The text without colours, returns and line erasures: what we write ourselves. */
export function withoutOurCodes(text: string): string {
  return text.replaceAll(/\u001b\[(?:\d+m|2K)|\r/g, "");
}

/** Colour codes in the text. */
export function colorsIn(text: string): string[] {
  return text.match(/\u001b\[\d+m/g) ?? [];
}

/** What a terminal shows in the end: of a line only what stands behind its last erasure, without colours. */
export function shownLines(text: string): string[] {
  return text.split("\n").map((line) => withoutOurCodes(line.split("\u001b[2K").at(-1) ?? ""));
}
