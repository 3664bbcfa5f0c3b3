import { findCommand, topicOf, unknownCommand } from "../command-lookup.ts";
import type { CommandContext, CommandInput, CommandSpec } from "../command.ts";
import { commandPage, overview } from "../output/manual.ts";

/** `portside help`. */
export async function run({ screen, commands }: CommandContext, input: CommandInput): Promise<number> {
  const word = input.arguments.join(":");
  if (word === "") {
    screen.result(commands.map(summaryOf), () => overview(screen.style, commands));
    return 0;
  }
  const spec = findCommand(commands, word);
  const ofTopic = commands.filter((other) => topicOf(other.name) === word);
  if (spec === undefined && ofTopic.length > 0) {
    screen.result(ofTopic.map(summaryOf), () => overview(screen.style, ofTopic));
    return 0;
  }
  if (spec === undefined) throw unknownCommand(commands, word);
  const others = commands.filter((other) => other !== spec && topicOf(other.name) === spec.name);
  screen.result(describe(spec), () => commandPage(screen.style, spec, others));
  return 0;
}

function summaryOf({ name, summary }: CommandSpec): { readonly name: string; readonly summary: string } {
  return { name, summary };
}

function describe({ load: _, ...facts }: CommandSpec): Omit<CommandSpec, "load"> {
  return facts;
}
