import { join } from "node:path";
import { systemClock, type Clock } from "../lib/clock.ts";
import { PortsideError } from "../model/error-registry.ts";
import { homeAt } from "../model/home.ts";
import { ApiClient } from "./api-client.ts";
import { intentHeadersOf } from "./change-flags.ts";
import { COMMANDS } from "./command-table.ts";
import type { CommandContext, CommandInput } from "./command.ts";
import { toReport, type FailureReport } from "./failure.ts";
import { Interrupts } from "./interrupts.ts";
import { Screen } from "./output/screen.ts";
import { safeJson, visible, visibleLine } from "./output/text.ts";
import { parseCommandLine } from "./parse.ts";
import { checkHome } from "./server-process.ts";
import { readEnvironment, type CliEnvironment, type CliProcess } from "./world.ts";

/** What a test replaces. */
export type RunOptions = { readonly clock?: Clock; readonly serverScript?: string };

/**
 * Runs one command line and gives its exit status; nothing is thrown. This is the one place that reports errors:
 * one line, evidence, one hint on stderr, or one JSON document there with `--json`; the stack only with `--debug`.
 */
export async function run(process: CliProcess, options: RunOptions = {}): Promise<number> {
  const words = process.argv.slice(2);
  const environment = readEnvironment(process);
  const typed = wordsBeforeTerminator(words);
  const screen = new Screen(process, environment, { json: typed.has("--json"), color: !typed.has("--no-color") });
  const clock = options.clock ?? systemClock;
  const leaving = new AbortController();
  const interrupts = new Interrupts(process, clock, () => leaving.abort(new PortsideError("E_CLI_INTERRUPTED")));
  let isUnread = false;
  process.stdout.on("error", (error) => {
    // The reader of the pipe has gone (`| head`): nothing is left to say, and nobody to say it to.
    isUnread = true;
    leaving.abort(error);
  });
  try {
    const input = parseCommandLine(words);
    const headers = intentHeadersOf(environment.user, input.texts);
    const parts = { process, environment, screen, clock, interrupts, headers, signal: leaving.signal };
    const context = createContext(parts, options);
    if (input.spec.offline !== true) checkHome(environment.home, input.spec.name === "up");
    return await dispatch(context, input);
  } catch (error) {
    if (isUnread) return 0;
    const report = withProgram(toReport(error), environment.program);
    screen.live(undefined);
    screen.error(...(screen.isJson ? [safeJson({ error: report })] : reportLines(screen, report)));
    if (typed.has("--debug")) screen.error(...stackLines(error));
    return report.exit;
  } finally {
    interrupts.close();
  }
}

async function dispatch(context: CommandContext, input: CommandInput): Promise<number> {
  const command = await input.spec.load();
  try {
    return await command.run(context, input);
  } finally {
    context.screen.live(undefined);
  }
}

type Parts = {
  readonly process: CliProcess;
  readonly environment: CliEnvironment;
  readonly screen: Screen;
  readonly clock: Clock;
  readonly interrupts: Interrupts;
  /** Who asks, and why. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

function createContext({ process, headers, ...parts }: Parts, options: RunOptions): CommandContext {
  const canAsk = process.stdin.isTTY === true && parts.screen.isTerminal && !parts.screen.isJson;
  return {
    ...parts,
    commands: COMMANDS,
    stdin: process.stdin,
    client: new ApiClient(homeAt(parts.environment.home).apiSocket, headers),
    ask: canAsk ? (question) => askLine(process, question, parts.signal) : undefined,
    serverScript: options.serverScript ?? join(import.meta.dirname, "../../bin/portsided.ts"),
  };
}

async function askLine(process: CliProcess, question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  // Without an output readline leaves the terminal alone, so Ctrl-C stays a signal.
  const lines = createInterface({ input: process.stdin });
  process.stdout.write(question);
  try {
    const closed = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    return await Promise.race([lines.question("", { signal }), closed]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    lines.close();
  }
}

function wordsBeforeTerminator(words: readonly string[]): ReadonlySet<string> {
  const end = words.indexOf("--");
  return new Set(end < 0 ? words : words.slice(0, end));
}

function reportLines({ errorStyle: style }: Screen, report: FailureReport): string[] {
  return [
    `${style.red("✗")} ${style.bold(visible(report.message))} ${style.dim(`[${report.code}]`)}`,
    ...report.evidence.map((line) => style.dim(`  │ ${visibleLine(line)}`.trimEnd())),
    ...(report.hint === "" ? [] : [`  → ${visible(report.hint)}`]),
    ...report.notes.map((line) => `  ${visible(line)}`),
  ];
}

/** Commands in the texts are written as this user has to type them. */
function withProgram(report: FailureReport, program: string): FailureReport {
  const typed = (text: string): string => text.replaceAll("`portside ", `\`${program} `);
  return { ...report, message: typed(report.message), hint: typed(report.hint), notes: report.notes.map(typed) };
}

function stackLines(error: unknown): string[] {
  const lines: string[] = [];
  for (let current = error; current instanceof Error && lines.length < 200; current = current.cause) {
    lines.push(...(current.stack ?? String(current)).split("\n").map(visibleLine));
  }
  return lines;
}
