import type { Formation } from "../../../model/formation.ts";
import type { AppDetail, ScaleRequest } from "../../../wire/apps.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { runOperation } from "../../run-operation.ts";
import { concludeOperation } from "../../operation-outcome.ts";
import { formatFacts } from "../../output/table.ts";
import { parseWholeNumber } from "../../whole-number.ts";

const QUANTITY_MAX = 1_000;

/** `portside ps:scale`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const formation = parseFormation(input.arguments);
  const app = await chooseApp(context, input);
  if (input.arguments.length === 0) {
    const detail = await client.get<AppDetail>(`/v1/apps/${app}`, signal);
    screen.result(detail.formation, () =>
      formatFacts(
        screen.style,
        Object.entries(detail.formation).map(([type, count]) => [type, String(count)] as const),
      ),
    );
    return 0;
  }
  const body: ScaleRequest = { formation };
  const ending = await runOperation(context, {
    app,
    what: `scale ${input.arguments.join(" ")}`,
    method: "POST",
    path: `/v1/apps/${app}/scale`,
    body,
  });
  await concludeOperation(context, ending, {
    app,
    done: () => "Scaled",
    unchanged: `${app} has that many already`,
    showUrl: false,
  });
  return 0;
}

function parseFormation(rawArguments: readonly string[]): Formation {
  const entries = rawArguments.map((raw) => {
    const match = /^([^=]+)=(.+)$/.exec(raw);
    if (match === null) throw usageError(`\`${raw}\` is not TYPE=N.`, "Write for example `portside ps:scale web=2`.");
    const [, type = "", count = ""] = match;
    return [type, parseWholeNumber(count, `The number of \`${type}\``, { min: 0, max: QUANTITY_MAX })] as const;
  });
  const twice = entries.find(([type], index) => entries.findIndex(([other]) => other === type) !== index);
  if (twice !== undefined) throw usageError(`\`${twice[0]}\` is there twice.`);
  return Object.fromEntries(entries);
}
