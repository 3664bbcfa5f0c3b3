import type { CheckList } from "../../wire/checks.ts";
import { checkAppName, chooseApp } from "../app-choice.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { formatTable } from "../output/table.ts";
import type { Style } from "../output/style.ts";
import { formatAge } from "../output/text.ts";

const COLUMNS = [
  { title: "TYPE" },
  { title: "KIND" },
  { title: "CHECK" },
  { title: "INSTANCE" },
  { title: "STATE" },
  { title: "SINCE", align: "right" },
  { title: "LAST SEEN" },
] as const;

/** `portside checks`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal, clock } = context;
  const [named] = input.arguments;
  const app = named === undefined ? await chooseApp(context, input) : checkAppName(named);
  const { types } = await client.get<CheckList>(`/v1/apps/${app}/checks`, signal);
  screen.result(types, () =>
    types.length === 0 ? [`${app} has no release yet`] : checkTable(screen.style, types, clock.now()),
  );
  return 0;
}

function checkTable(style: Style, types: CheckList["types"], now: number): string[] {
  const rows = types.flatMap(({ type, checks }) =>
    checks.flatMap((check) => {
      const name = `${check.name}${check.isDefault ? " (default)" : ""}${check.warn ? " (warning only)" : ""}`;
      const head = [type, check.type, name];
      if (check.results.length === 0) return [[...head, "–", "–", "–", "–"]];
      return check.results.map(({ instance, state, at, detail }) => [
        ...head,
        ...[instance, state, formatAge(now - Date.parse(at)), detail],
      ]);
    }),
  );
  return formatTable(style, COLUMNS, rows);
}
