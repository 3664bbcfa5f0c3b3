import { resolve } from "node:path";
import type { PlatformStatus } from "../../wire/platform.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { deployFolder, deployTarget, type DeployTarget } from "../deploy-flow.ts";
import { followLogs } from "../follow-logs.ts";
import type { Ending } from "../run-operation.ts";
import { concludeOperation } from "../operation-outcome.ts";
import { visible } from "../output/text.ts";
import { parseWholeNumber } from "../whole-number.ts";
import { ensureServer } from "../server-process.ts";
import { stopEverything } from "../server-stop.ts";

const LOG_LINES_SINCE_DEPLOY = 100;

/** `portside up`: start if needed, deploy, follow. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const target = input.switches.has("no-deploy") ? undefined : deployTarget(wantedFolder(context, input), input);
  const rawPort = input.texts.get("port");
  const port = rawPort === undefined ? undefined : parseWholeNumber(rawPort, "--port", { min: 1, max: 65_535 });
  context.screen.live((frame) => `  ${context.screen.style.cyan(frame)} portside`);
  const { status, started } = await ensureServer(context, port);
  try {
    tellServer(context, { status, started, port });
    return target === undefined ? 0 : await deployAndFollow(context, input, { target, status });
  } finally {
    if (input.switches.has("stop-on-exit")) {
      await stopAtExit(context);
    }
  }
}

/** Also after a Ctrl-C, which has ended everything else; the next one ends this, too. */
async function stopAtExit(context: CommandContext): Promise<void> {
  const leaving = new AbortController();
  const onInterrupt = (): void => leaving.abort();
  const stop = (): Promise<unknown> => stopEverything({ ...context, signal: leaving.signal }, { keepInstances: false });
  await context.interrupts.during(onInterrupt, stop);
  context.screen.event({ type: "stopped" });
}

/** The user's own path counts from where the user stands, the script's default from where the script runs. */
function wantedFolder({ environment }: CommandContext, input: CommandInput): string {
  const [own] = input.arguments;
  if (own !== undefined) return resolve(environment.userDirectory, own);
  return resolve(environment.directory, input.texts.get("default-dir") ?? environment.userDirectory);
}

type ServerNews = { readonly status: PlatformStatus; readonly started: boolean; readonly port: number | undefined };

function tellServer({ screen, environment }: CommandContext, { status, started, port }: ServerNews): void {
  screen.live(undefined);
  screen.event({ type: "platform", started, ...status });
  const { edge } = status;
  if (started) {
    const where = edge.port === null ? "its router has no port yet" : `router on port ${edge.port}`;
    screen.line(`Portside ${visible(status.version)} started: ${where}, home ${visible(status.home)}`);
    if (edge.port !== null && edge.port !== edge.wantedPort) {
      screen.line(`  ${screen.style.yellow("!")} port ${edge.wantedPort} is taken, so the router uses ${edge.port}`);
    }
    screen.line("");
  } else if (port !== undefined && port !== edge.wantedPort) {
    screen.line(
      `  ${screen.style.yellow("!")} Portside runs already, with its router on port ${edge.port ?? edge.wantedPort}; --port counts after \`${environment.program} down\``,
    );
  }
}

async function deployAndFollow(
  context: CommandContext,
  input: CommandInput,
  plan: { readonly target: DeployTarget; readonly status: PlatformStatus },
): Promise<number> {
  const { screen, environment } = context;
  const { app } = plan.target;
  const ending = await deployFolder(context, plan.target, plan.status.engine);
  await concludeOperation(context, ending, {
    app,
    done: (v) => `Deployed ${v}`,
    unchanged: `${app} is unchanged`,
    showUrl: true,
  });
  if (input.switches.has("no-follow")) return 0;
  const willStop = input.switches.has("stop-on-exit");
  screen.line("", screen.style.dim(`Logs of ${app}; Ctrl-C ${willStop ? "stops everything" : "leaves it running"}`));
  await followLogs(context, { app, typed: true, ...newLines(ending) });
  if (!willStop) screen.line("", `${app} goes on running. Stop it with \`${environment.program} down\`.`);
  return 0;
}

/** After a deploy, what the new instances have said since; hooks were shown already. After none, only what is new. */
function newLines({ event, queuedAt }: Ending): {
  readonly num: number;
  readonly isWanted?: (line: { readonly at: string; readonly source: string }) => boolean;
} {
  if (event.status === "unchanged") return { num: 0 };
  return {
    num: LOG_LINES_SINCE_DEPLOY,
    isWanted: (line) => Date.parse(line.at) >= queuedAt && !line.source.startsWith("app[release."),
  };
}
