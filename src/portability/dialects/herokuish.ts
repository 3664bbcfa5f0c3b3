import { accepted, type DialectEntry, type DialectReading } from "./reading.ts";

/**
 * herokuish, in Dokku's buildpack images. A name is whatever stands before the first colon; a command is looked up by its name,
 * so the first line with that name counts, also one without a colon.
 */
export function readAsHerokuish(raw: string): DialectReading {
  // The shell that reads the file drops NUL and trims blanks and tabs.
  const lines = raw
    .replaceAll("\0", "")
    .split("\n")
    .map((text) => text.replace(/^[ \t]+/, "").trimEnd());
  const commands = new Map<string, DialectEntry>();
  for (const [index, text] of lines.entries()) {
    if (text.startsWith("#")) continue;
    const colon = text.indexOf(":");
    const name = colon === -1 ? text : text.slice(0, colon);
    const command = text.slice(colon + 1).trim();
    if (!commands.has(name)) commands.set(name, { name, command, line: index + 1 });
  }
  const names = lines.flatMap((text) =>
    text.includes(":") && !text.startsWith("#") ? [text.split(":", 1)[0] ?? ""] : [],
  );
  return accepted([...new Set(names)].flatMap((name) => commands.get(name) ?? []));
}
