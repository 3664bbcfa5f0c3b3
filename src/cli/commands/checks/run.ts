import { PortsideError } from "../../../model/error-registry.ts";
import type { CheckRunView } from "../../../wire/checks.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { parseWhich } from "../../which.ts";
import { visible } from "../../output/text.ts";
import type { Style } from "../../output/style.ts";

/** `portside checks:run`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const [which] = input.arguments;
  if (which !== undefined) parseWhich(which);
  const app = await chooseApp(context, input);
  const query = which === undefined ? "" : `?${new URLSearchParams({ ps: which }).toString()}`;
  const runs: CheckRunView[] = [];
  for await (const event of client.events(`/v1/apps/${app}/checks/run${query}`, { signal })) {
    if (event.event !== "result") continue;
    const result = JSON.parse(event.data) as CheckRunView;
    runs.push(result);
    screen.event(result);
    screen.line(resultLine(screen.style, result));
  }
  const failed = runs.filter(({ passed, warn }) => !passed && !warn).length;
  if (failed > 0) throw new PortsideError("E_CHECKS_FAILED", { failed, count: runs.length });
  return 0;
}

function resultLine(style: Style, { instance, type, name, passed, warn, attempts, detail }: CheckRunView): string {
  const mark = passed ? style.green("✔") : warn ? style.yellow("!") : style.red("✖");
  const tries = attempts > 1 ? ` (${attempts} attempts)` : "";
  return `${mark} ${style.bold(visible(instance))}  ${type}  ${visible(name)}: ${visible(detail)}${tries}`;
}
