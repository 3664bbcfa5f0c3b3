import { accepted, refused, type DialectEntry, type DialectReading } from "./reading.ts";

const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const NAME_CHARACTERS_MAX = 63;

/**
 * Heroku's Procfile buildpack 4.2, so Fir and AppPack's buildpack builds. Its grammar: comments and blank lines, and
 * `name: command`, the name put into small letters and hyphens. Anything else refuses the file; so does a file of comments alone.
 */
export function readAsHerokuCnb(raw: string): DialectReading {
  const lines = raw.replaceAll("\r\n", "\n").split("\n");
  const entries = new Map<string, DialectEntry>();
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    if (text.includes("\r")) return refused("A carriage return ends no line.", line);
    if (/^[ \t]*(?:#|$)/.test(text)) continue;
    const colon = text.indexOf(":");
    if (colon === -1) return refused("The line has no colon.", line);
    const name = text
      .slice(0, colon)
      .replace(/^[ \t]+/, "")
      .replaceAll("_", "-")
      .replace(/[A-Z]+/g, lowerCase);
    if (!NAME.test(name) || name.length > NAME_CHARACTERS_MAX) return refused("The name is not valid.", line);
    const command = text.slice(colon + 1).replace(/^[ \t]+/, "");
    if (command === "") return refused("The line has no command.", line);
    // A later entry takes the earlier one's value, and the last place.
    entries.delete(name);
    entries.set(name, { name, command, line });
  }
  if (entries.size === 0 && raw !== "") return refused("The file has no entry.");
  return accepted(entries.values());
}

function lowerCase(text: string): string {
  return text.toLowerCase();
}
