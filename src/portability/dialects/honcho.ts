import { accepted, matchLines, refused, type DialectReading } from "./reading.ts";

/** Where Python's `splitlines` ends a line. */
const LINE_END = /\r\n|[\n\r\v\f\u001C-\u001E\u0085\u2028\u2029]/;

/** honcho. What matches no line is passed over; a name that stands there twice refuses the file. */
export function readAsHoncho(raw: string): DialectReading {
  const entries = matchLines(raw.split(LINE_END), /^([A-Za-z0-9_-]+):\s*([^\n]+)$/);
  const names = new Set<string>();
  for (const { name, line } of entries) {
    if (names.has(name)) return refused("The name stands there twice.", line);
    names.add(name);
  }
  return accepted(entries);
}
