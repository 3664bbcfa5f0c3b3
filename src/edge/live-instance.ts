import { Pool, type Dispatcher } from "undici";
import type { RouteTarget } from "../model/route-table.ts";
import type { EdgeLimits } from "./limits.ts";

/** What an instance carries: one open request or upgraded connection. `cut` ends it at once (H24, contract §10). */
export type Carried = { cut(): void };

/**
 * One instance as the edge sees it: its connections, what it carries now, and whether it refused lately.
 * Lives from the first table that names it until it left the table and carries nothing.
 */
export class LiveInstance {
  readonly target: RouteTarget;
  readonly #limits: EdgeLimits;
  readonly #carried = new Set<Carried>();
  #pool: Pool | undefined;
  #departed = false;
  #justConnected = false;
  #refusals = 0;
  #refusedAtMs = 0;
  #quarantinedUntil = 0;

  constructor(target: RouteTarget, limits: EdgeLimits) {
    this.target = target;
    this.#limits = limits;
  }

  get activeCount(): number {
    return this.#carried.size;
  }

  get hasDeparted(): boolean {
    return this.#departed;
  }

  /** What it carries, for a cut. */
  carried(): readonly Carried[] {
    return [...this.#carried];
  }

  enter(carried: Carried): void {
    this.#carried.add(carried);
  }

  /** Safe to repeat. The last one to leave a departed instance closes its connections. */
  leave(carried: Carried): void {
    if (this.#carried.delete(carried)) this.#closeWhenDone();
  }

  /** It left the table: no new requests, those it has go on. */
  depart(): void {
    this.#departed = true;
    this.#closeWhenDone();
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#pool ??= this.#openPool();
    this.#pool.dispatch(options, handler);
  }

  /** Whether the connection a request was just written to is a new one; asked once, as the request starts. */
  takeJustConnected(): boolean {
    const fresh = this.#justConnected;
    this.#justConnected = false;
    return fresh;
  }

  /** Whether a new request may be sent to it. */
  accepts(nowMs: number): boolean {
    return !this.#departed && this.#quarantinedUntil <= nowMs;
  }

  /**
   * Told when a request was given to it. After a refusal only that one probes; the others go on waiting until it
   * succeeded or the time of a connect has passed.
   */
  beginAttempt(nowMs: number): void {
    if (this.#refusals > 0) this.#quarantinedUntil = nowMs + this.#limits.connectMs;
  }

  connected(): void {
    this.#refusals = 0;
    this.#quarantinedUntil = 0;
  }

  /**
   * A connect begun at `startedAtMs` was refused or timed out: none is tried for a while, at most `quarantineMaxMs`.
   * Those that were under way together count as one. router.md §5.
   */
  refused(startedAtMs: number, nowMs: number): void {
    if (this.#refusals > 0 && startedAtMs <= this.#refusedAtMs) return;
    this.#refusedAtMs = nowMs;
    const waitMs = this.#limits.quarantineMinMs * 2 ** Math.min(this.#refusals, 16);
    this.#refusals += 1;
    this.#quarantinedUntil = nowMs + Math.min(waitMs, this.#limits.quarantineMaxMs);
  }

  #closeWhenDone(): void {
    if (!this.#departed || this.#carried.size > 0 || this.#pool === undefined) return;
    const pool = this.#pool;
    this.#pool = undefined;
    // Nothing of ours waits for it: an error here is about connections nobody uses any more.
    pool.close().catch(() => undefined);
  }

  #openPool(): Pool {
    const { host, port } = this.target;
    // No `connections`: with undici 8.12 a refused header would wedge the pool for ever (router.md §8.5).
    const pool = new Pool(`http://${host.includes(":") ? `[${host}]` : host}:${port}`, {
      allowH2: false,
      pipelining: 1,
      connect: { timeout: this.#limits.connectMs, allowH2: false },
      // Our own windows count both directions (router.md §1); undici's do not.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: this.#limits.instanceKeepAliveMs,
      keepAliveMaxTimeout: this.#limits.instanceKeepAliveMs,
      maxHeaderSize: this.#limits.responseHeaderBytesMax,
    });
    pool.on("connect", () => {
      // undici writes the waiting request in the same turn, right after this event.
      this.#justConnected = true;
      queueMicrotask(() => {
        this.#justConnected = false;
      });
    });
    return pool;
  }
}
