import { ERRORS } from "../model/error-registry.ts";
import type { OperationEvent } from "../model/operation.ts";
import type { OperationView as OperationDocument } from "../wire/operations.ts";
import { isDisconnect } from "./api-client.ts";
import type { CommandContext } from "./command.ts";
import { followEvents } from "./event-follow.ts";
import { CliError } from "./failure.ts";
import { OperationView } from "./output/operation-view.ts";

type EndedEvent = Extract<OperationEvent, { type: "ended" }>;

/** How an operation ended, and when it was queued (milliseconds since the epoch). */
export type Ending = { readonly event: EndedEvent; readonly queuedAt: number; readonly warningCount: number };

/**
 * Shows an operation's events until it has ended, across lost connections. The first Ctrl-C cancels the operation and
 * waits for its end; the second leaves at once (exit 130). Throws what the server refuses, E_SERVER_DOWN when it stays away.
 */
export async function followOperation(
  context: CommandContext,
  operation: OperationDocument,
  heading: string,
): Promise<Ending> {
  const { screen, client, clock } = context;
  const view = new OperationView(screen, clock, heading);
  const leaving = new AbortController();
  const signal = AbortSignal.any([context.signal, leaving.signal]);
  const cancelling = { asked: false, done: Promise.resolve() };
  const onInterrupt = (): void => {
    if (cancelling.asked) return leaving.abort(leftAlone(operation));
    cancelling.asked = true;
    cancelling.done = cancel(context, operation, signal);
    // Awaited below, once the follower has ended; until then a failure must not count as unhandled.
    cancelling.done.catch(() => {});
  };
  const path = `/v1/operations/${operation.id}/events`;
  const onLost = (): void =>
    screen.line(`  ${screen.style.yellow("!")} the server does not answer; trying again for 30 s`);
  let queuedAt: number | undefined;
  try {
    return await context.interrupts.during(onInterrupt, async () => {
      for await (const message of followEvents({
        client,
        clock,
        signal,
        path,
        isLast: (event) => event.event === "ended",
        onLost,
      })) {
        const event = JSON.parse(message.data) as OperationEvent;
        queuedAt ??= event.at;
        view.show(event);
        if (event.type === "ended") return { event, queuedAt, warningCount: view.warningCount };
      }
      throw new Error("the event stream ended without its last event");
    });
  } finally {
    screen.live(undefined);
    await cancelling.done;
  }
}

async function cancel(context: CommandContext, operation: OperationDocument, signal: AbortSignal): Promise<void> {
  context.screen.line(
    `  ${context.screen.style.yellow("!")} Ctrl-C: asking for the previous state back; once more leaves at once`,
  );
  try {
    await context.client.send("POST", `/v1/operations/${operation.id}/cancellation`, { signal });
  } catch (error) {
    const isTooLate = error instanceof CliError && error.report.code === "E_OPERATION_ENDED";
    // Nobody there to ask: the follower is about to say so, or finds the server again and the user can ask once more.
    if (!isTooLate && !isDisconnect(error) && !signal.aborted) throw error;
  }
}

function leftAlone(operation: OperationDocument): CliError {
  return new CliError({
    code: "E_CLI_INTERRUPTED",
    message: `Left while operation ${operation.id} on \`${operation.app}\` was being cancelled.`,
    hint: "It goes on without you; `portside releases` and `portside ps` show how it ended.",
    exit: ERRORS.E_CLI_INTERRUPTED.exit,
  });
}
