import { localDateTime } from "../../lib/local-time.ts";
import { describeAsker } from "../../model/intent.ts";
import type { OperationList, OperationView } from "../../wire/operations.ts";
import { checkAppName, givenApp } from "../app-choice.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { formatTable } from "../output/table.ts";
import { formatDuration } from "../output/text.ts";
import { parseWholeNumber } from "../whole-number.ts";

const COLUMNS = [
  { title: "N", align: "right" },
  { title: "APP" },
  { title: "KIND" },
  { title: "STATUS" },
  { title: "STARTED" },
  { title: "TOOK", align: "right" },
  { title: "BY" },
  { title: "WHY" },
] as const;

const NUM_DEFAULT = "20";
const NUM_MAX = 500;

/** `portside operations`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const [positional] = input.arguments;
  const app = positional === undefined ? givenApp(input) : checkAppName(positional);
  const limit = parseWholeNumber(input.texts.get("num") ?? NUM_DEFAULT, "--num", { min: 1, max: NUM_MAX });
  const query = new URLSearchParams({ limit: String(limit), ...(app === undefined ? {} : { app }) });
  const { operations } = await client.get<OperationList>(`/v1/operations?${query.toString()}`, signal);
  screen.result(operations, () =>
    operations.length === 0 ? ["There is no operation yet"] : formatTable(screen.style, COLUMNS, operations.map(row)),
  );
  return 0;
}

function row(operation: OperationView): string[] {
  const startedAt = Date.parse(operation.createdAt);
  const took = operation.endedAt === null ? "…" : formatDuration(Date.parse(operation.endedAt) - startedAt);
  const { via, user } = operation.by;
  const override = operation.overrideReason === null ? "" : `(freeze overridden: ${operation.overrideReason})`;
  return [
    String(operation.id),
    operation.app,
    operation.kind,
    statusText(operation),
    localDateTime(startedAt),
    took,
    describeAsker({ via, ...(user === null ? {} : { user }) }),
    [operation.message ?? "", override].filter(Boolean).join(" "),
  ];
}

/** `succeeded v3`, `failed in health`, `live, hook failed`. */
export function statusText({ status, release, failure }: OperationView): string {
  if (status === "hookFailed") return `live, hook failed${release === null ? "" : ` v${release}`}`;
  if (status === "failed" && failure?.step !== undefined) return `failed in ${failure.step}`;
  return release === null ? status : `${status} v${release}`;
}
