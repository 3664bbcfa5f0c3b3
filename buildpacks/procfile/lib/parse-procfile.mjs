const ENTRY = /^([A-Za-z0-9_-]+):[\t\n\f\r ]*([^\n]+)$/;
const LINE_BYTES_MAX = 64 * 1024;

/**
 * Process types and commands of a Procfile: lenient, as every CNB platform has it. Other lines are passed over, a later
 * duplicate wins. Throws for a line of 64 KiB or more.
 */
export function parseProcfile(text) {
  const entries = new Map();
  for (const raw of text.split("\n")) {
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    if (Buffer.byteLength(line) >= LINE_BYTES_MAX) throw new Error("a line of the Procfile is longer than 64 KiB");
    const match = ENTRY.exec(line);
    if (match !== null) entries.set(match[1], match[2]);
  }
  return entries;
}
