import { accepted, lastOfEachName, type DialectReading } from "./reading.ts";

/** The line expression that Heroku publishes: the colon may be absent, but a blank must follow the name. */
const ENTRY = /^[\t-\r ]*([A-Za-z0-9_-]+)(?::?[\t-\r ]+([^\n]*)|:())$/;

/** Heroku Cedar. What matches no line is passed over. */
export function readAsHerokuClassic(raw: string): DialectReading {
  const lines = raw.replaceAll(/\r\n?/g, "\n").split("\n");
  const entries = lines.flatMap((text, index) => {
    const [, name, command = ""] = ENTRY.exec(text) ?? [];
    return name === undefined ? [] : [{ name, command, line: index + 1 }];
  });
  return accepted(lastOfEachName(entries));
}
