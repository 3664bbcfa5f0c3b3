import { accepted, lastOfEachName, refused, type DialectReading } from "./reading.ts";

/**
 * `heroku local`, the parser of its command line 11.9: after comments are gone, every line with a letter, digit or `_` in it must
 * start with a name of these, without hyphens. Blanks before the name become part of it.
 */
export function readAsHerokuLocal(raw: string): DialectReading {
  const lines = raw.split(/\r?\n/).map((text, index) => ({ text, line: index + 1 }));
  const counted = lines.filter(({ text }) => !/^\s*#/.test(text) && /\w/.test(text));
  const wrong = counted.find(({ text }) => !/^\s*\w+:/.test(text));
  if (wrong !== undefined) return refused("The line does not start with a name and a colon.", wrong.line);
  const entries = counted.map(({ text, line }) => {
    const colon = text.indexOf(":");
    return { name: text.slice(0, colon).trimEnd(), command: text.slice(colon + 1).trimStart(), line };
  });
  return accepted(lastOfEachName(entries));
}
