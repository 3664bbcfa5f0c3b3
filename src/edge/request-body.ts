import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

const BUFFER_BYTES = 65_536;

/**
 * A request's body for one dispatch. The request itself is kept from undici, which destroys what it is given;
 * that would cost the client its answer. Bytes are taken only as the instance takes them.
 */
export class RequestBody extends Readable {
  readonly #req: IncomingMessage;
  readonly #onWanted: () => void;
  readonly #onBytes: () => void;
  #isAttached = false;
  #wantsMore = false;

  /** `onWanted` is called once, before the first byte is read; `onBytes` with each piece. */
  constructor(req: IncomingMessage, hooks: { readonly onWanted: () => void; readonly onBytes: () => void }) {
    super({ highWaterMark: BUFFER_BYTES });
    this.#req = req;
    this.#onWanted = hooks.onWanted;
    this.#onBytes = hooks.onBytes;
    // What went wrong is told to the attempt; here it would be nobody's error.
    this.on("error", () => undefined);
  }

  /** The instance would take more and the client sends nothing. */
  get isWaitingForClient(): boolean {
    return this.#wantsMore && !this.#req.complete;
  }

  override _read(): void {
    this.#wantsMore = true;
    if (!this.#isAttached) this.#attach();
    this.#req.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#req.off("data", this.#onData);
    this.#req.off("end", this.#onEnd);
    if (!this.#req.destroyed) this.#req.pause();
    callback(error);
  }

  #attach(): void {
    this.#isAttached = true;
    this.#onWanted();
    this.#req.on("data", this.#onData);
    this.#req.on("end", this.#onEnd);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#onBytes();
    if (this.push(chunk)) return;
    this.#wantsMore = false;
    this.#req.pause();
  };

  readonly #onEnd = (): void => {
    this.push(null);
  };
}
