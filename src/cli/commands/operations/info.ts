import { localDateTime, localTimeOfDay } from "../../../lib/local-time.ts";
import { describeAsker } from "../../../model/intent.ts";
import type { OperationDetail } from "../../../wire/operations.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { parseOperationNumber, watchOperation } from "../../operation-watch.ts";
import { formatFacts, formatTable } from "../../output/table.ts";
import { formatDuration, visibleLine } from "../../output/text.ts";
import { statusText } from "../operations.ts";

const COLUMNS = [
  { title: "STEP" },
  { title: "STARTED" },
  { title: "TOOK", align: "right" },
  { title: "OUTCOME" },
  { title: "DETAIL" },
] as const;

/** `portside operations:info`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const id = parseOperationNumber(input);
  if (input.switches.has("follow")) return watchOperation(context, id);
  const operation = await client.get<OperationDetail>(`/v1/operations/${id}`, signal);
  screen.result(operation, () => [
    ...formatFacts(screen.style, factsOf(operation)),
    "",
    ...formatTable(screen.style, COLUMNS, operation.steps.map(stepRow)),
    ...operation.steps.flatMap((step) => step.warnings.map((warning) => `  ! ${step.step}: ${visibleLine(warning)}`)),
    ...failureLines(operation),
  ]);
  return 0;
}

function factsOf(operation: OperationDetail): readonly (readonly [string, string | undefined])[] {
  const { via, user } = operation.by;
  return [
    ["operation", `${operation.id}, ${operation.kind} of ${operation.app}`],
    ["status", statusText(operation)],
    ["asked for", localDateTime(Date.parse(operation.createdAt))],
    ["ended", operation.endedAt === null ? undefined : localDateTime(Date.parse(operation.endedAt))],
    ["by", describeAsker({ via, ...(user === null ? {} : { user }) })],
    ["why", operation.message ?? undefined],
    ["freeze overridden", operation.overrideReason ?? undefined],
  ];
}

function stepRow(step: OperationDetail["steps"][number]): string[] {
  const startedAt = Date.parse(step.startedAt);
  return [
    step.undo ? `undo ${step.step}` : step.step,
    localTimeOfDay(startedAt),
    step.endedAt === null ? "…" : formatDuration(Date.parse(step.endedAt) - startedAt),
    step.outcome ?? "running",
    step.failure === null ? step.detail : step.failure.message,
  ];
}

function failureLines({ failure }: OperationDetail): string[] {
  if (failure === null) return [];
  const evidence = failure.evidence.map((line) => `  │ ${visibleLine(line)}`);
  return ["", `${failure.code}: ${visibleLine(failure.message)}`, ...evidence, `  ${visibleLine(failure.hint)}`];
}
