import type { Usage } from "../../engines/engine.ts";
import type { InstanceId } from "../../model/instance.ts";
import type { World } from "../world.ts";

/** Young instances are looked at more often: most trouble comes in the first minute. */
const YOUNG_INTERVAL_MS = 2_000;
const INTERVAL_MS = 10_000;
const YOUNG_MS = 60_000;
/** Ten minutes of an old instance. */
const SAMPLES_MAX = 60;

/** What an instance used at a moment (milliseconds since the epoch). */
export type UsageSample = Usage & { readonly at: number };

/** What is known of an instance's use: the newest sample, and the processor time of the last interval. */
export type UsageNow = UsageSample & {
  /** 100: one processor, all of the time; undefined before the second sample. */
  readonly cpuPercent: number | undefined;
};

/**
 * Looks at all instances of the machine at once, every ten seconds, and remembers the last minutes of each. In memory alone:
 * what matters of it is kept with a crash. Does nothing where the engine cannot tell.
 */
export class UsageSampler {
  readonly #world: Pick<World, "engine" | "clock" | "log">;
  readonly #samples = new Map<InstanceId, UsageSample[]>();
  readonly #closed = new AbortController();
  #youngUntil = 0;

  constructor(world: Pick<World, "engine" | "clock" | "log">) {
    this.#world = world;
  }

  open(): void {
    if (!this.#world.engine.capabilities.usage) return;
    this.#youngUntil = this.#world.clock.now() + YOUNG_MS;
    this.#run().catch((error: unknown) => {
      if (!this.#closed.signal.aborted)
        this.#world.log({ level: "error", msg: "the usage sampler ended", error: String(error) });
    });
  }

  close(): void {
    this.#closed.abort(new Error("closed"));
  }

  /** Undefined before its first sample and after its end. */
  now(id: InstanceId): UsageNow | undefined {
    const samples = this.#samples.get(id) ?? [];
    const [before, last] = samples.slice(-2);
    if (before === undefined) return undefined;
    if (last === undefined) return { ...before, cpuPercent: undefined };
    const cpuPercent = (Math.max(0, last.cpuMs - before.cpuMs) / Math.max(1, last.at - before.at)) * 100;
    return { ...last, cpuPercent };
  }

  /** Oldest first, the last minutes; also of one that has ended, until it is forgotten. */
  history(id: InstanceId): readonly UsageSample[] {
    return this.#samples.get(id) ?? [];
  }

  /** Nobody asks for it any more. */
  forget(id: InstanceId): void {
    this.#samples.delete(id);
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#world;
    for (;;) {
      try {
        await this.#sample();
      } catch (error) {
        if (this.#closed.signal.aborted) throw error;
        log({ level: "warn", msg: "usage could not be sampled", error: String(error) });
      }
      const waitMs = clock.now() < this.#youngUntil ? YOUNG_INTERVAL_MS : INTERVAL_MS;
      await clock.sleep(waitMs, this.#closed.signal);
    }
  }

  async #sample(): Promise<void> {
    const usage = await this.#world.engine.usage(this.#closed.signal);
    const at = this.#world.clock.now();
    for (const [id, used] of usage) {
      const samples = this.#samples.get(id);
      if (samples === undefined) {
        this.#youngUntil = at + YOUNG_MS;
        this.#samples.set(id, [{ ...used, at }]);
      } else {
        samples.push({ ...used, at });
        if (samples.length > SAMPLES_MAX) samples.shift();
      }
    }
    for (const [id, samples] of this.#samples) {
      const isGone = !usage.has(id) && at - (samples.at(-1)?.at ?? 0) > YOUNG_MS;
      if (isGone) this.#samples.delete(id);
    }
  }
}
