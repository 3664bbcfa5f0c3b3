import { accepted, matchLines, refused, type DialectReading } from "./reading.ts";

/** overmind. A blank must follow the colon; what matches no line is passed over. */
export function readAsOvermind(raw: string): DialectReading {
  const lines = raw.split("\n").map((line) => line.replace(/\r$/, ""));
  const entries = matchLines(lines, /^([A-Za-z0-9_-]+):[\t\n\f\r ]+([^\n]+)$/);
  if (entries.length === 0) return refused("The file has no entry.");
  const names = new Set<string>();
  for (const { name, line } of entries) {
    if (names.has(name)) return refused("The name stands there twice.", line);
    names.add(name);
  }
  return accepted(entries);
}
