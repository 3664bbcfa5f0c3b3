import { closest } from "../lib/similar.ts";
import type { CommandSpec } from "./command.ts";
import { usageError } from "./failure.ts";

/** The command of that name, `ps:scale`. */
export function findCommand(commands: readonly CommandSpec[], name: string): CommandSpec | undefined {
  return commands.find((command) => command.name === name);
}

/** `ps` of `ps:scale`; the commands of one topic share a page. */
export function topicOf(name: string): string {
  return name.split(":")[0] ?? name;
}

/** The error for a word that names no command, with the nearest one that does; `next` is the word behind it. */
export function unknownCommand(commands: readonly CommandSpec[], word: string, next?: string): Error {
  const names = commands.map((spec) => spec.name);
  const verb = next === undefined ? undefined : closest(`${word}:${next}`, names);
  const verbs = names.filter((name) => topicOf(name) === word);
  // A topic without a command of its own name: `inspect`.
  if (verb === undefined && verbs.length > 0)
    return usageError(`\`portside ${word}\` needs a second word.`, `Use one of ${verbs.join(", ")}.`);
  const nearest = verb ?? closest(word, names);
  const hint =
    nearest === undefined ? "Run `portside help` for the commands." : `Did you mean \`portside ${nearest}\`?`;
  return usageError(`There is no command \`${word}\`.`, hint);
}
