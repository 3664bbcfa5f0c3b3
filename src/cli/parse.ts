import { parseArgs } from "node:util";
import { closest } from "../lib/similar.ts";
import { findCommand, unknownCommand } from "./command-lookup.ts";
import { COMMANDS } from "./command-table.ts";
import type { CommandInput, CommandSpec, FlagSpec } from "./command.ts";
import { usageError } from "./failure.ts";
import { GLOBAL_FLAGS } from "./global-flags.ts";

type OptionToken = {
  readonly kind: "option";
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
};
type Token =
  | OptionToken
  | { readonly kind: "positional"; readonly value: string }
  | { readonly kind: "option-terminator" };

/**
 * Turns the typed words into a command and its checked input. `help`, `--help`, `--version` and no words at all become
 * the commands that answer them. `config set` is `config:set`. Words after `--` are never flags.
 * Throws a usage error (exit 2) that names the nearest command or flag.
 */
export function parseCommandLine(words: readonly string[]): CommandInput {
  const { before, command, after } = splitAtCommand(words);
  if (command === undefined) return parseBare(before);
  const { spec, rest } = findSpec(command, after);
  const input = parseInput(spec, [...before, ...rest]);
  return input.switches.has("help") ? helpFor(spec.name) : requireArguments(input);
}

/** What was typed before, as and after the command's name. Only global flags may stand before it. */
function splitAtCommand(words: readonly string[]): { before: string[]; command?: string; after: string[] } {
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (word === "--") break;
    if (!word.startsWith("-")) return { before: words.slice(0, index), command: word, after: words.slice(index + 1) };
    if (word === "--app" || word === "-a") index += 1;
  }
  return { before: [...words], after: [] };
}

function parseBare(words: readonly string[]): CommandInput {
  if (words.some((word) => word === "--version" || word === "-v" || word === "-V")) {
    return parseInput(
      specOf("version"),
      words.filter((word) => !/^(--version|-[vV])$/.test(word)),
    );
  }
  return parseInput(specOf("help"), words);
}

function findSpec(command: string, after: readonly string[]): { spec: CommandSpec; rest: readonly string[] } {
  const joined = after[0] === undefined ? undefined : findCommand(COMMANDS, `${command}:${after[0]}`);
  if (joined !== undefined) return { spec: joined, rest: after.slice(1) };
  const spec = findCommand(COMMANDS, command);
  if (spec === undefined) throw unknownCommand(COMMANDS, command, after[0]);
  return { spec, rest: after };
}

function helpFor(name: string): CommandInput {
  return { spec: specOf("help"), arguments: [name], switches: new Set(), texts: new Map(), lists: new Map() };
}

function specOf(name: string): CommandSpec {
  const spec = findCommand(COMMANDS, name);
  if (spec === undefined) throw new Error(`the command table lacks ${name}`);
  return spec;
}

type Flags = Readonly<Record<string, FlagSpec>>;

function parseInput(spec: CommandSpec, words: readonly string[]): CommandInput {
  const flags: Flags = { ...GLOBAL_FLAGS, ...spec.flags };
  const { tokens } = parseArgs({
    args: [...words],
    options: parserOptions(flags),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const found = {
    arguments: [] as string[],
    switches: new Set<string>(),
    texts: new Map<string, string>(),
    lists: new Map<string, string[]>(),
  };
  for (const token of tokens as readonly Token[]) {
    if (token.kind === "positional") found.arguments.push(token.value);
    if (token.kind !== "option") continue;
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
    if (flag === undefined) throw unknownFlag(spec, flags, token.rawName);
    if (flag.kind === "switch") found.switches.add(switchName(spec, token));
    else if (flag.kind === "text") found.texts.set(token.name, textValue(spec, flag, token));
    else found.lists.set(token.name, [...(found.lists.get(token.name) ?? []), textValue(spec, flag, token)]);
  }
  return { spec, ...found };
}

function parserOptions(flags: Flags): Record<string, { type: "string" | "boolean"; short?: string }> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, { kind, short }]) => [
      name,
      { type: kind === "switch" ? "boolean" : "string", ...(short === undefined ? {} : { short }) },
    ]),
  );
}

function switchName(spec: CommandSpec, token: OptionToken): string {
  if (token.value !== undefined) throw usageError(`\`${token.rawName}\` takes no value.`, seePage(spec));
  return token.name;
}

function textValue(spec: CommandSpec, flag: FlagSpec, token: OptionToken): string {
  // `--app --json` forgot the name; `--app=--json` is meant.
  const looksLikeFlag = token.inlineValue !== true && /^-[^-\d]|^--./.test(token.value ?? "");
  if (token.value === undefined || looksLikeFlag) {
    throw usageError(
      `\`${token.rawName}\` needs a value: \`--${token.name} ${flag.value ?? "VALUE"}\`.`,
      seePage(spec),
    );
  }
  return token.value;
}

function unknownFlag(spec: CommandSpec, flags: Flags, rawName: string): Error {
  const nearest = rawName.startsWith("--") ? closest(rawName.slice(2), Object.keys(flags)) : undefined;
  const hint = nearest === undefined ? seePage(spec) : `Did you mean \`--${nearest}\`?`;
  return usageError(`\`portside ${spec.name}\` has no flag \`${rawName}\`.`, hint);
}

function requireArguments(input: CommandInput): CommandInput {
  const { spec } = input;
  const missing = spec.arguments.find((argument, index) => argument.required && input.arguments[index] === undefined);
  if (missing !== undefined) throw usageError(`\`portside ${spec.name}\` needs ${missing.name}.`, seePage(spec));
  const takesMany = spec.arguments.at(-1)?.many === true;
  const extra = takesMany ? undefined : input.arguments[spec.arguments.length];
  if (extra !== undefined)
    throw usageError(`\`portside ${spec.name}\` does not know what to do with \`${extra}\`.`, extraHint(spec, extra));
  return input;
}

// `portside ps scal web=2`: the word was meant as the second half of a command's name.
function extraHint(spec: CommandSpec, extra: string): string {
  const verbs = COMMANDS.filter((other) => other.name.startsWith(`${spec.name}:`)).map((other) => other.name);
  const nearest = closest(`${spec.name}:${extra}`, verbs);
  return nearest === undefined ? seePage(spec) : `Did you mean \`portside ${nearest}\`?`;
}

function seePage(spec: CommandSpec): string {
  return `See \`portside help ${spec.name}\`.`;
}
