import { statSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { Clock } from "../../lib/clock.ts";
import { waitForFileChange } from "../../lib/file-change.ts";
import type { LogBatch } from "../engine.ts";
import { LineCutter } from "./line-cutter.ts";

/** Bytes read in one turn: a program that writes without end waits for its next turn like every other one. */
const TURN_BYTES_MAX = 65_536;
/** Between two turns of a program that keeps writing, so that its lines are stored together. */
const TURN_PAUSE_MS = 10;
/** The same while it writes faster than that: 64 KiB every 2 ms and a bit are some 20 MB/s. */
const FULL_TURN_PAUSE_MS = 2;
/** After the sink refused lines (a full disk): it is offered the same lines again. */
const RETRY_MS = 1_000;
/** Look again at least that often where the system reports changes, and where it does not. */
const WATCHED_POLL_MS = 2_000;
const POLL_MS = 200;
/** A line without an end (a prompt, a progress bar) is shown after that silence. */
const SILENCE_MS = 1_000;

/** What to follow, from where, and who takes the lines. */
export type LogCaptureOptions = {
  readonly file: string;
  /** Where an earlier capture left off. */
  readonly cursor: string | undefined;
  readonly clock: Clock;
  readonly deliver: (lines: LogBatch["lines"], cursor: string) => void;
  /** All bytes before that offset have been delivered. */
  readonly onConsumed: (offset: number) => Promise<void>;
};

/** Follows the output file of one instance and delivers its lines, in order, each once. */
export class LogCapture {
  readonly #options: LogCaptureOptions;
  #cutter: LineCutter;
  /** Behind the last lines the sink took. */
  #delivered: string | undefined;
  readonly #closed = new AbortController();
  readonly #ended = new AbortController();
  readonly #buffer = Buffer.allocUnsafe(TURN_BYTES_MAX);
  #lastByteAt: number;
  #atUs = 0;
  readonly #run: Promise<void>;

  /** Starts at once. */
  constructor(options: LogCaptureOptions) {
    this.#options = options;
    this.#cutter = new LineCutter(options.cursor);
    this.#delivered = options.cursor;
    this.#lastByteAt = options.clock.now();
    this.#run = this.#keepFollowing();
  }

  /** Nothing writes to the file any more. Resolves when all of it has been delivered, or on `close`. */
  drained(): Promise<void> {
    this.#ended.abort();
    return this.#run;
  }

  /** Stops at the next line; what is not delivered by then comes with the next capture. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#run;
  }

  /** A sink that refuses says so where it is; here nothing may be lost, so what it did not take is cut and offered anew. */
  async #keepFollowing(): Promise<void> {
    for (;;) {
      try {
        return await this.#follow();
      } catch {
        await this.#pause(RETRY_MS);
        this.#cutter = new LineCutter(this.#delivered);
      }
    }
  }

  async #follow(): Promise<void> {
    await using file = await open(this.#options.file, "r");
    while (!this.#closed.signal.aborted) {
      // Asked before the read: what was written before the end is in that read or a later one.
      const hasEnded = this.#ended.signal.aborted;
      const byteCount = await this.#turn(file);
      if (byteCount > 0) await this.#pause(byteCount === TURN_BYTES_MAX ? FULL_TURN_PAUSE_MS : TURN_PAUSE_MS);
      else if (hasEnded) return await this.#deliverRest(file, true);
      else await this.#idle(file);
    }
  }

  async #turn(file: FileHandle): Promise<number> {
    const { bytesRead } = await file.read(this.#buffer, 0, TURN_BYTES_MAX, this.#cutter.readOffset);
    if (bytesRead === 0 || this.#closed.signal.aborted) return 0;
    this.#lastByteAt = this.#options.clock.now();
    await this.#deliver(file, this.#cutter.push(this.#buffer.subarray(0, bytesRead)));
    return bytesRead;
  }

  async #idle(file: FileHandle): Promise<void> {
    const { clock } = this.#options;
    const silentMs = clock.now() - this.#lastByteAt;
    if (this.#cutter.hasRest && silentMs >= SILENCE_MS) await this.#deliverRest(file, false);
    await waitForFileChange(this.#options.file, {
      clock,
      limitMs: this.#cutter.hasRest ? POLL_MS : WATCHED_POLL_MS,
      pollMs: POLL_MS,
      wake: [this.#closed.signal, this.#ended.signal],
      hasChanged: () => sizeOf(this.#options.file) > this.#cutter.readOffset,
    });
  }

  async #deliverRest(file: FileHandle, isFinal: boolean): Promise<void> {
    await this.#deliver(file, this.#cutter.flush(isFinal));
  }

  async #deliver(file: FileHandle, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    // The read time, but not later than the last write: after a restart these lines may be old.
    const { mtimeNs } = await file.stat({ bigint: true });
    const atUs = Math.max(this.#atUs, Math.min(this.#options.clock.now() * 1_000, Number(mtimeNs / 1_000n)));
    if (this.#closed.signal.aborted) return;
    this.#atUs = atUs;
    this.#options.deliver(
      lines.map((text) => ({ atUs, text })),
      this.#cutter.cursor,
    );
    this.#delivered = this.#cutter.cursor;
    await this.#options.onConsumed(this.#cutter.givenOffset);
  }

  async #pause(ms: number): Promise<void> {
    try {
      await this.#options.clock.sleep(ms, this.#closed.signal);
    } catch (error) {
      if (!this.#closed.signal.aborted) throw error;
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
