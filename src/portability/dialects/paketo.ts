import { goLines } from "./go-lines.ts";
import { accepted, lastOfEachName, matchLines, refused, type DialectReading } from "./reading.ts";

/** Paketo's Procfile buildpack 5.13. What matches no line is passed over. */
export function readAsPaketo(raw: string): DialectReading {
  const lines = goLines(raw);
  if (lines === undefined) return refused("A line is too long.");
  return accepted(lastOfEachName(matchLines(lines, /^([A-Za-z0-9_-]+):[\t\n\f\r ]*([^\n]+)$/)));
}
