import { topicOf } from "../command-lookup.ts";
import type { ArgumentSpec, CommandSpec, FlagSpec } from "../command.ts";
import { GLOBAL_FLAGS } from "../global-flags.ts";
import type { Style } from "./style.ts";
import { padRight } from "./text.ts";

/** What `portside help` prints: every command with its summary. */
export function overview(style: Style, commands: readonly CommandSpec[]): string[] {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    "Portside runs Heroku-style apps on machines you control.",
    "",
    `${style.bold("Usage")}  portside COMMAND [arguments] [flags]`,
    "",
    ...commands.map((command) => `  ${style.cyan(padRight(command.name, width))}  ${command.summary}`),
    "",
    "`portside help COMMAND` shows its arguments and flags. `config set` works as well as `config:set`.",
  ];
}

/** What `portside help COMMAND` prints. `others` are the further commands of its topic. */
export function commandPage(style: Style, spec: CommandSpec, others: readonly CommandSpec[]): string[] {
  const flags = { ...spec.flags, ...GLOBAL_FLAGS };
  return [
    spec.summary,
    "",
    `${style.bold("Usage")}  ${usageLine(spec)}`,
    "",
    ...spec.description,
    ...listing(
      style,
      "Arguments",
      spec.arguments.map((argument) => [argument.name, argument.summary]),
    ),
    ...listing(
      style,
      "Flags",
      Object.entries(flags).map(([name, flag]) => [flagTitle(name, flag), flag.summary]),
    ),
    ...listing(
      style,
      "Examples",
      spec.examples.map((example) => [`portside ${example}`, ""]),
    ),
    ...listing(
      style,
      "See also",
      others.map((other) => [other.name, other.summary]),
    ),
  ];
}

function listing(style: Style, title: string, rows: readonly (readonly [string, string])[]): string[] {
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([name]) => name.length));
  return ["", style.bold(title), ...rows.map(([name, text]) => `  ${padRight(name, width)}  ${text}`.trimEnd())];
}

function usageLine(spec: CommandSpec): string {
  return ["portside", spec.name, ...spec.arguments.map(argumentTitle), "[flags]"].join(" ");
}

function argumentTitle(argument: ArgumentSpec): string {
  const name = argument.many === true ? `${argument.name} …` : argument.name;
  return argument.required ? name : `[${name}]`;
}

function flagTitle(name: string, flag: FlagSpec): string {
  const short = flag.short === undefined ? "" : `-${flag.short}, `;
  return `${short}--${name}${flag.value === undefined ? "" : ` ${flag.value}`}`;
}

/** The pages of `docs/reference/cli/`, by file name: one a topic, and an index. Written by `tools/generate-cli-docs.ts`. */
export function manualPages(commands: readonly CommandSpec[]): ReadonlyMap<string, string> {
  const topics = [...new Set(commands.map((command) => topicOf(command.name)))];
  const pages = topics.map((topic) => [`${topic}.md`, topicPage(commands, topic)] as const);
  return new Map([["README.md", indexPage(commands)], ...pages]);
}

function indexPage(commands: readonly CommandSpec[]): string {
  const rows = commands.map((command) => `| [\`${command.name}\`](${topicOf(command.name)}.md) | ${command.summary} |`);
  const globals = Object.entries(GLOBAL_FLAGS).map(
    ([name, flag]) => `| \`${flagTitle(name, flag)}\` | ${flag.summary} |`,
  );
  return markdown([
    "# Commands",
    "| command | what it does |\n|---|---|\n" + rows.join("\n"),
    "`config set` works as well as `config:set`. Words after `--` are never flags.",
    "## Flags of every command",
    "| flag | meaning |\n|---|---|\n" + globals.join("\n"),
    "## Exit status",
    "0: done. 1: it failed, and the message names a code of [errors.md](../errors.md). 2: the command was typed wrongly. 3: `status` found nothing running. 70: a defect of Portside. 130: interrupted or cancelled.",
    "## Environment",
    "`PORTSIDE_HOME`: where Portside keeps everything, default `~/.portside`. `NO_COLOR`: no colours.",
  ]);
}

function topicPage(commands: readonly CommandSpec[], topic: string): string {
  const own = commands.filter((command) => topicOf(command.name) === topic);
  return markdown([
    `# ${topic}`,
    ...own.flatMap(commandSection),
    "Flags of every command: see [the list of commands](README.md).",
  ]);
}

function commandSection(spec: CommandSpec): string[] {
  const rows = [
    ...spec.arguments.map((argument) => `| \`${argument.name}\` | ${argument.summary} |`),
    ...Object.entries(spec.flags).map(([name, flag]) => `| \`${flagTitle(name, flag)}\` | ${flag.summary} |`),
  ];
  return [
    `## portside ${spec.name}`,
    `${spec.summary}.`,
    "```\n" + usageLine(spec) + "\n```",
    ...spec.description,
    ...(rows.length === 0 ? [] : ["| argument or flag | meaning |\n|---|---|\n" + rows.join("\n")]),
    "```sh\n" + spec.examples.map((example) => `portside ${example}`).join("\n") + "\n```",
  ];
}

function markdown(blocks: readonly string[]): string {
  return `<!-- Generated from src/cli/command-table.ts by tools/generate-cli-docs.ts -->\n\n${blocks.join("\n\n")}\n`;
}
