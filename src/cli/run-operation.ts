import type { OperationEvent } from "../model/operation.ts";
import type { OperationView as OperationDocument } from "../wire/operations.ts";
import { isDisconnect } from "./api-client.ts";
import type { CommandContext } from "./command.ts";
import { followEvents } from "./event-follow.ts";
import { CliError, interruptedError } from "./failure.ts";
import { OperationView, operationHeading } from "./output/operation-view.ts";

const CANCEL_RETRY_MS = 500;
const CANCEL_ATTEMPTS_MAX = 60;

/** What the server is asked to do to an app. `what` stands in the heading: `scale web=2`. */
export type Order = {
  readonly app: string;
  readonly what: string;
  readonly method: "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
};

/** How an operation ended, and when it was queued (milliseconds since the epoch). */
export type Ending = {
  readonly event: Extract<OperationEvent, { type: "ended" }>;
  readonly queuedAt: number;
  readonly warningCount: number;
};

/**
 * Gives an order and shows its operation's events until it has ended, across lost connections. The first Ctrl-C cancels
 * the operation and waits for its end; the second leaves at once (exit 130). Throws what the server refuses,
 * E_SERVER_DOWN when it stays away.
 */
export function runOperation(context: CommandContext, order: Order): Promise<Ending> {
  return new RunningOperation(context, order).run();
}

class RunningOperation {
  readonly #context: CommandContext;
  readonly #order: Order;
  readonly #view: OperationView;
  readonly #leaving = new AbortController();
  readonly #signal: AbortSignal;
  #operation: OperationDocument | undefined;
  #isCancelAsked = false;
  #cancellation: Promise<void> | undefined;

  constructor(context: CommandContext, order: Order) {
    this.#context = context;
    this.#order = order;
    this.#view = new OperationView(
      context.screen,
      context.clock,
      operationHeading(context.screen, order.app, order.what),
    );
    this.#signal = AbortSignal.any([context.signal, this.#leaving.signal]);
  }

  async run(): Promise<Ending> {
    const { interrupts, client, screen } = this.#context;
    const { method, path, body } = this.#order;
    try {
      return await interrupts.during(this.#onInterrupt, async () => {
        this.#operation = await client.send<OperationDocument>(method, path, { body, signal: this.#signal });
        if (this.#isCancelAsked) this.#startCancel(this.#operation);
        return await this.#follow(this.#operation.id);
      });
    } finally {
      screen.live(undefined);
      await this.#cancellation;
    }
  }

  readonly #onInterrupt = (): void => {
    if (this.#isCancelAsked) return this.#leaving.abort(this.#left());
    this.#isCancelAsked = true;
    this.#view.askCancel();
    if (this.#operation !== undefined) this.#startCancel(this.#operation);
  };

  async #follow(id: number): Promise<Ending> {
    const { client, clock, screen } = this.#context;
    const onLost = (): void =>
      screen.line(`  ${screen.style.yellow("!")} the server does not answer; trying again for 30 s`);
    const stream = { client, clock, signal: this.#signal, path: `/v1/operations/${id}/events`, onLost };
    let queuedAt: number | undefined;
    for await (const message of followEvents({ ...stream, isLast: ({ event }) => event === "ended" })) {
      const event = JSON.parse(message.data) as OperationEvent;
      queuedAt ??= event.at;
      this.#view.show(event);
      if (event.type === "ended") return { event, queuedAt, warningCount: this.#view.warningCount };
    }
    throw new Error("the event stream ended without its last event");
  }

  #startCancel(operation: OperationDocument): void {
    this.#cancellation = this.#cancel(operation.id);
    // `run` awaits it once the follower has ended; until then a failure must not count as unhandled.
    this.#cancellation.catch(() => {});
  }

  /** A server that is away is asked again when it may be back. */
  async #cancel(id: number): Promise<void> {
    const { client, clock } = this.#context;
    for (let attempt = 1; attempt <= CANCEL_ATTEMPTS_MAX && !this.#signal.aborted; attempt += 1) {
      try {
        await client.send("POST", `/v1/operations/${id}/cancellation`, { signal: this.#signal });
        return;
      } catch (error) {
        const isTooLate = error instanceof CliError && error.report.code === "E_OPERATION_ENDED";
        if (isTooLate || this.#signal.aborted) return;
        if (!isDisconnect(error)) throw error;
        await clock.sleep(CANCEL_RETRY_MS);
      }
    }
  }

  #left(): CliError {
    const which = this.#operation === undefined ? "the operation" : `operation ${this.#operation.id}`;
    return interruptedError(
      `Left while ${which} on \`${this.#order.app}\` was being cancelled.`,
      "It goes on without you; `portside releases` and `portside ps` show how it ended.",
    );
  }
}
