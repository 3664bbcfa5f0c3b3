import type { OperationEvent } from "../model/operation.ts";
import type { OperationDetail } from "../wire/operations.ts";
import type { CommandContext, CommandInput } from "./command.ts";
import { followEvents } from "./event-follow.ts";
import { failureOf, operationError, usageError } from "./failure.ts";
import { OperationView, operationHeading } from "./output/operation-view.ts";
import { formatDuration } from "./output/text.ts";

/** The number of the operation a command is about. */
export function parseOperationNumber(input: CommandInput): number {
  const [raw = ""] = input.arguments;
  if (!/^[1-9]\d{0,9}$/.test(raw))
    throw usageError(`\`${raw}\` is no operation's number.`, "`portside operations` lists them.");
  return Number(raw);
}

/**
 * Shows an operation from its start to its end; Ctrl-C ends the showing only (exit 0). Throws the operation's failure when it did
 * not succeed.
 */
export async function watchOperation(context: CommandContext, id: number): Promise<number> {
  const { client, clock, screen, interrupts } = context;
  const operation = await client.get<OperationDetail>(`/v1/operations/${id}`, context.signal);
  const heading = operationHeading(screen, operation.app, `${operation.kind}, operation ${id}`);
  const view = new OperationView(screen, clock, heading);
  const leaving = new AbortController();
  const signal = AbortSignal.any([context.signal, leaving.signal]);
  const path = `/v1/operations/${id}/events`;
  const onLost = (): void => screen.line("  ! the server does not answer; trying again for 30 s");
  const follow = async (): Promise<number> => {
    for await (const message of followEvents({ client, clock, signal, path, onLost, isLast: isEnd })) {
      const event = JSON.parse(message.data) as OperationEvent;
      view.show(event);
      if (event.type === "ended") return conclude(context, event);
    }
    throw new Error("the event stream ended without its last event");
  };
  try {
    return await interrupts.during(() => leaving.abort(), follow);
  } catch (error) {
    if (leaving.signal.aborted) return 0;
    throw error;
  } finally {
    screen.live(undefined);
  }
}

function isEnd({ event }: { readonly event: string }): boolean {
  return event === "ended";
}

function conclude({ screen }: CommandContext, event: Extract<OperationEvent, { type: "ended" }>): number {
  if (event.status !== "succeeded" && event.status !== "unchanged")
    throw operationError(event.failure ?? failureOf("E_CANCELLED"), []);
  const release = event.release === undefined ? "" : ` as v${event.release}`;
  const done = event.status === "unchanged" ? "Nothing has changed" : `Succeeded${release}`;
  screen.line(`  ${screen.style.green(done)} in ${formatDuration(event.durationMs)}`);
  return 0;
}
