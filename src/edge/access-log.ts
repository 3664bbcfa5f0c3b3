import { open } from "node:fs/promises";
import type { Clock } from "../lib/clock.ts";
import type { Timer, Timers } from "../lib/timer.ts";
import type { AccessLogEntry } from "../model/home.ts";
import type { EdgeCounters, EdgeLog } from "./edge-log.ts";
import type { EdgeLimits } from "./limits.ts";

/** What an access log is made of. */
export type AccessLogOptions = {
  readonly path: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly limits: Pick<EdgeLimits, "accessLogBytesMax" | "accessBufferBytesMax" | "accessFlushMs">;
  readonly log: EdgeLog;
  readonly counters: EdgeCounters;
};

/**
 * Appends access lines to the file the log store takes over. Buffered; the file is opened for each batch, so the store may
 * rename, truncate or remove it at any time. Full buffer or full file: lines are dropped and counted per app, and one
 * line per app says how many (L12) as soon as there is room, at the latest when the edge ends.
 */
export class AccessLog {
  readonly #options: AccessLogOptions;
  #lines: string[] = [];
  #bufferedBytes = 0;
  readonly #dropped = new Map<string, number>();
  #flushTimer: Timer | undefined;
  #writing: Promise<void> | undefined;
  /** The last write may have ended inside a line. */
  #isTorn = false;
  #hasFailed = false;

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  append(app: string, line: string): void {
    const text = this.#entry(app, line);
    if (this.#bufferedBytes + text.length > this.#options.limits.accessBufferBytesMax) return this.#drop(app);
    this.#lines.push(text);
    this.#bufferedBytes += text.length;
    this.#flushTimer ??= this.#options.timers.after(this.#options.limits.accessFlushMs, () => {
      this.#flushTimer = undefined;
      void this.flush();
    });
  }

  /** Writes what is buffered. Never rejects. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#lines.length === 0) return;
    this.#writing = this.#writeBatch(false);
    await this.#writing;
    this.#writing = undefined;
  }

  /** Writes everything, and the counts of dropped lines even into a full file. */
  async close(): Promise<void> {
    this.#flushTimer?.cancel();
    await this.flush();
    if (this.#dropped.size > 0) await this.#writeBatch(true);
  }

  async #writeBatch(isLast: boolean): Promise<void> {
    const lines = this.#lines;
    this.#lines = [];
    this.#bufferedBytes = 0;
    try {
      if (!(await this.#writeInto(lines, isLast))) this.#dropAll(lines);
      this.#hasFailed = false;
    } catch (error) {
      this.#dropAll(lines);
      if (!this.#hasFailed) this.#options.log.say("access-log-failed", { problem: String(error) });
      this.#hasFailed = true;
    }
  }

  /** Gives false when the file has no room. The last words go even into a full file: they are few. */
  async #writeInto(lines: readonly string[], isLast: boolean): Promise<boolean> {
    const file = await open(this.#options.path, "a", 0o600);
    try {
      const { size } = await file.stat();
      const told = new Map(this.#dropped);
      const bytes = Buffer.from((this.#isTorn ? "\n" : "") + this.#droppedLines(told) + lines.join(""));
      if (!isLast && size + bytes.length > this.#options.limits.accessLogBytesMax) return false;
      this.#isTorn = true;
      await file.appendFile(bytes);
      this.#isTorn = false;
      this.#forgetDropped(told);
      return true;
    } finally {
      await file.close();
    }
  }

  #entry(app: string, line: string): string {
    const entry: AccessLogEntry = { app, atUs: this.#options.clock.now() * 1_000, line };
    return `${JSON.stringify(entry)}\n`;
  }

  #droppedLines(counts: ReadonlyMap<string, number>): string {
    return [...counts]
      .map(([app, count]) => this.#entry(app, `Error L12 (Local buffer overflow) -> ${count} router lines dropped`))
      .join("");
  }

  #forgetDropped(told: ReadonlyMap<string, number>): void {
    for (const [app, count] of told) {
      const rest = (this.#dropped.get(app) ?? 0) - count;
      if (rest > 0) this.#dropped.set(app, rest);
      else this.#dropped.delete(app);
    }
  }

  #dropAll(lines: readonly string[]): void {
    for (const line of lines) this.#drop((JSON.parse(line) as AccessLogEntry).app);
  }

  #drop(app: string): void {
    this.#dropped.set(app, (this.#dropped.get(app) ?? 0) + 1);
    this.#options.counters.droppedLines += 1;
  }
}
