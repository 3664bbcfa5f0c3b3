import { accepted, matchLines, refused, type DialectReading } from "./reading.ts";

/** foreman. What matches no line is passed over; a name may stand there twice, and both run. */
export function readAsForeman(raw: string): DialectReading {
  const lines = raw.replaceAll("\r\n", "\n").split("\n");
  const entries = matchLines(lines, /^([A-Za-z0-9_-]+):[\t-\r ]*([^\n]+)$/);
  return entries.length === 0 ? refused("The file has no entry.") : accepted(entries);
}
