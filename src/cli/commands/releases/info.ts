import { localDateTime } from "../../../lib/local-time.ts";
import type { ReleaseDetail } from "../../../wire/apps.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { formatFacts } from "../../output/table.ts";
import { parseRelease } from "../../release-number.ts";

/** `portside releases:info`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const number = parseRelease(input.arguments[0] ?? "");
  const app = await chooseApp(context, input);
  const release = await client.get<ReleaseDetail>(`/v1/apps/${app}/releases/${number}`, signal);
  const { formation, limits, maxParallel, hooks, config } = release;
  screen.result(release, () =>
    formatFacts(screen.style, [
      ["release", `v${release.number} of ${app}, ${release.status}`],
      ["made by", `${release.description} (operation ${release.operation})`],
      ["created", localDateTime(Date.parse(release.createdAt))],
      ["source", release.source],
      ["artifact", release.isStored ? release.artifact : `${release.artifact}, not stored any more`],
      ["config", config.join(", ") || "none"],
      ["formation", textOf(formation)],
      ["limits", textOf(limits) || undefined],
      ["max_parallel", textOf(maxParallel) || undefined],
      ["hooks", hooks.join(", ") || undefined],
    ]),
  );
  return 0;
}

function textOf(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([type, value]) => `${type} ${value}`)
    .join(", ");
}
