import type { LogLineView } from "../wire/logs.ts";
import type { CommandContext } from "./command.ts";
import { followEvents } from "./event-follow.ts";
import { coloredLogLine, plainLogLine } from "./output/log-view.ts";

/** Which lines of which app. */
export type LogFollowing = {
  readonly app: string;
  /** How many of the last lines come first. */
  readonly num: number;
  readonly ps?: string;
  readonly isWanted?: (line: LogLineView) => boolean;
  /** JSON events carry `type: "log"`, where other events come on the same stream. */
  readonly typed?: boolean;
};

/** The path of a log selection. */
export function logPath(
  following: { readonly app: string; readonly num: number; readonly ps?: string },
  tail: boolean,
): string {
  const query = new URLSearchParams({ num: String(following.num), tail: String(tail) });
  if (following.ps !== undefined) query.set("ps", following.ps);
  return `/v1/apps/${following.app}/logs?${query.toString()}`;
}

/** Prints an app's log lines as they come, until Ctrl-C, which ends this and nothing else. */
export async function followLogs(context: CommandContext, following: LogFollowing): Promise<void> {
  const { client, clock, screen, interrupts } = context;
  const stopping = new AbortController();
  const signal = AbortSignal.any([context.signal, stopping.signal]);
  const path = logPath(following, true);
  const resumePath = logPath({ ...following, num: 0 }, true);
  const onLost = (): void => screen.error("The server does not answer; trying again for 30 s.");
  try {
    await interrupts.during(
      () => stopping.abort(),
      async () => {
        for await (const event of followEvents({ client, clock, signal, path, resumePath, onLost })) {
          if (event.event !== "line") continue;
          const line = JSON.parse(event.data) as LogLineView;
          if (following.isWanted?.(line) !== false) printLogLine(context, line, following.typed === true);
        }
      },
    );
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
}

/** One log line in the form that fits the output: Heroku's on a pipe, coloured on a terminal, JSON with `--json`. */
export function printLogLine({ screen }: Pick<CommandContext, "screen">, line: LogLineView, typed: boolean): void {
  screen.event(typed ? { type: "log", ...line } : line);
  screen.line(screen.isTerminal ? coloredLogLine(screen.style, line) : plainLogLine(line));
}
