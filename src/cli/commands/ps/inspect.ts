import { localDateTime } from "../../../lib/local-time.ts";
import type { InstanceDetail } from "../../../wire/instances.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { stateOf } from "../../output/instance-table.ts";
import type { Style } from "../../output/style.ts";
import { formatFacts, formatTable } from "../../output/table.ts";
import { formatAge, formatBytes } from "../../output/text.ts";
import { parseWhich } from "../../which.ts";

/** `portside ps:inspect`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal, clock } = context;
  const [which = ""] = input.arguments;
  if (parseWhich(which).number === undefined)
    throw usageError(`\`${which}\` is a process type; one instance is inspected.`, `Write for example \`${which}.1\`.`);
  const app = await chooseApp(context, input);
  const detail = await client.get<InstanceDetail>(`/v1/apps/${app}/instances/${which}`, signal);
  screen.result(detail, () => page(screen.style, detail, clock.now()));
  return 0;
}

function page(style: Style, one: InstanceDetail, now: number): string[] {
  const started = Date.parse(one.startedAt);
  const facts = formatFacts(style, [
    ["State", stateOf(one)],
    ["Release", `v${one.release}`],
    ["Command", one.command],
    ["Started", `${localDateTime(started)}, ${formatAge(now - started)} ago`],
    ["Restarts", String(one.restarts)],
    ["Last exit", one.exit ?? undefined],
    ["Port", one.port === null ? undefined : String(one.port)],
    ["Listens on", one.listeners.length === 0 ? undefined : one.listeners.join(", ")],
    ["CPU", one.cpuPercent === null ? undefined : `${one.cpuPercent.toFixed(1)} %`],
    ["Memory", one.memoryBytes === null ? undefined : formatBytes(one.memoryBytes)],
    ["Stop timeout", `${one.stopTimeoutS} s`],
    ["Config", one.configNames.length === 0 ? undefined : one.configNames.join(", ")],
    ["Id", one.id],
  ]);
  return [
    style.bold(one.name),
    ...facts,
    ...section(style, "Checks", checkRows(style, one)),
    ...section(style, "Processes", processRows(style, one)),
  ];
}

function checkRows(style: Style, { checks }: InstanceDetail): string[] {
  const rows = checks.map(({ type, name, results: [result] }) => [
    ...[type, name, result?.state ?? "–", result?.detail ?? "–"],
  ]);
  const columns = [{ title: "KIND" }, { title: "CHECK" }, { title: "STATE" }, { title: "LAST SEEN" }] as const;
  return rows.length === 0 ? [] : formatTable(style, columns, rows);
}

function processRows(style: Style, { processes }: InstanceDetail): string[] {
  const rows = processes.map(({ pid, parentPid, cpuMs, memoryBytes, command }) => [
    ...[String(pid), String(parentPid), `${(cpuMs / 1000).toFixed(2)} s`, formatBytes(memoryBytes), command],
  ]);
  const right = { align: "right" } as const;
  const columns = [
    ...[
      { title: "PID", ...right },
      { title: "PARENT", ...right },
      { title: "CPU TIME", ...right },
    ],
    ...[{ title: "MEMORY", ...right }, { title: "COMMAND" }],
  ];
  return rows.length === 0 ? [] : formatTable(style, columns, rows);
}

function section(style: Style, title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", style.bold(title), ...lines];
}
