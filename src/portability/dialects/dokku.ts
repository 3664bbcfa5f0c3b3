import { cutByDokku } from "../dokku-command.ts";
import { goLines, trimLikeGo } from "./go-lines.ts";
import { accepted, refused, type DialectEntry, type DialectReading } from "./reading.ts";

const LAX = /^([A-Za-z0-9_-]+)[\t\n\f\r ]*:[\t\n\f\r ]*([^\n]+)$/;
const STRICT_NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const NAME_CHARACTERS_MAX = 63;

/** Dokku's Procfile tool 0.20, in the mode Dokku uses. Entries are sorted by name; comments inside commands are cut off. */
export function readAsDokku(raw: string): DialectReading {
  return readWithTool(raw, { isStrict: false });
}

/** The same tool in its strict mode, which takes names of DNS labels alone. */
export function readAsDokkuStrict(raw: string): DialectReading {
  return readWithTool(raw, { isStrict: true });
}

function readWithTool(raw: string, options: { readonly isStrict: boolean }): DialectReading {
  const lines = goLines(raw);
  if (lines === undefined) return refused("A line is too long.");
  const entries = new Map<string, DialectEntry>();
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    const trimmed = trimLikeGo(text);
    if (trimmed === "" || /^(?:#|\/\/)/.test(trimmed)) continue;
    const [, name, written = ""] = LAX.exec(trimmed) ?? [];
    if (name === undefined) return refused("The line is not `name: command`.", line);
    if (options.isStrict && !STRICT_NAME.test(name)) return refused("The name is not valid.", line);
    if (name.length > NAME_CHARACTERS_MAX) return refused("The name is too long.", line);
    if (entries.has(name)) return refused("The name stands there twice.", line);
    const command = trimLikeGo(cutByDokku(written));
    if (/^(?:#|\/\/)/.test(command)) return refused("A comment stands in place of the command.", line);
    if (command === "") return refused("The line has no command.", line);
    entries.set(name, { name, command, line });
  }
  if (entries.size === 0) return refused("The file has no entry.");
  return accepted([...entries.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}
