import type { ReleaseDiffView } from "../../../wire/storage.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { visible } from "../../output/text.ts";
import { parseRelease } from "../../release-number.ts";

const PARTS = [
  ["files", "files"],
  ["config", "config"],
  ["processes", "process types"],
  ["buildpacks", "buildpacks"],
  ["formation", "formation"],
] as const;

/** `portside releases:diff`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const [from, to] = input.arguments.map(parseRelease);
  const app = await chooseApp(context, input);
  const diff = await client.get<ReleaseDiffView>(`/v1/apps/${app}/releases/${from}/diff/${to}`, signal);
  screen.result(diff, () => {
    const lines = PARTS.flatMap(([key, title]) => partLines(title, diff[key]));
    return lines.length === 0 ? [`v${from} and v${to} run the same`] : lines;
  });
  return 0;
}

function partLines(title: string, part: ReleaseDiffView["config"] | null): string[] {
  if (part === null) return [`${title}: not stored any more`];
  const signs = [
    ["+", part.added],
    ["-", part.removed],
    ["~", part.changed],
  ] as const;
  const lines = signs.flatMap(([sign, names]) => names.map((name) => `  ${sign} ${visible(name)}`));
  return lines.length === 0 ? [] : [title, ...lines];
}
