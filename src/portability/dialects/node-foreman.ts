import { accepted, lastOfEachName, refused, type DialectEntry, type DialectReading } from "./reading.ts";

/** In several-line mode, so that a carriage return ends the line. */
const ENTRY = /^([A-Za-z0-9_-]+):\s*(.+)$/m;

/** node-foreman 3. Only empty lines and those that start with `#` may be no entries. */
export function readAsNodeForeman(raw: string): DialectReading {
  const entries: DialectEntry[] = [];
  for (const [index, text] of raw.split("\n").entries()) {
    if (text === "" || text.startsWith("#")) continue;
    const [, name, found = ""] = ENTRY.exec(text) ?? [];
    const command = found.trim();
    if (name === undefined) return refused("The line is not `name: command`.", index + 1);
    if (command === "") return refused("The line has no command.", index + 1);
    entries.push({ name, command, line: index + 1 });
  }
  return accepted(lastOfEachName(entries));
}
