import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { AppName } from "../../model/app.ts";
import { BuildQueue } from "./build-queue.ts";

/** A queue with builds that end when told. */
class Bench {
  readonly log: string[] = [];
  readonly #ends = new Map<string, PromiseWithResolvers<void>>();
  readonly #aborts = new Map<string, AbortController>();
  readonly queue: BuildQueue;

  constructor(countMax: number) {
    this.queue = new BuildQueue(countMax);
  }

  ask(app: string, place: number): void {
    const end = Promise.withResolvers<void>();
    const abort = new AbortController();
    this.#ends.set(app, end);
    this.#aborts.set(app, abort);
    const onWait = (before: readonly AppName[]): number => this.log.push(`${app} waits for ${before.join(", ")}`);
    this.queue
      .run({ app: app as AppName, place, signal: abort.signal, onWait }, async () => {
        this.log.push(`${app} builds`);
        await end.promise;
      })
      .then(
        () => this.log.push(`${app} done`),
        (error: unknown) => this.log.push(`${app} ${error instanceof Error ? error.message : String(error)}`),
      );
  }

  async end(app: string, error?: Error): Promise<void> {
    if (error === undefined) this.#ends.get(app)?.resolve();
    else this.#ends.get(app)?.reject(error);
    await setImmediate();
  }

  async cancel(app: string): Promise<void> {
    this.#aborts.get(app)?.abort(new Error("cancelled"));
    await setImmediate();
  }
}

test("one at a time, in the order of asking, and who waits is told for whom", async () => {
  const bench = new Bench(1);
  for (const [place, app] of ["a", "b", "c"].entries()) bench.ask(app, place);
  await setImmediate();
  assert.deepEqual(bench.log, ["b waits for a", "c waits for a, b", "a builds"]);
  await bench.end("a");
  await bench.end("b");
  await bench.end("c");
  assert.deepEqual(bench.log.slice(3), ["a done", "b builds", "b done", "c builds", "c done"]);
});

test("an earlier place comes first, whoever is back first after a restart", async () => {
  const bench = new Bench(1);
  bench.ask("running", 1);
  bench.ask("late", 9);
  bench.ask("early", 4);
  await bench.end("running");
  assert.ok(bench.log.includes("early builds") && !bench.log.includes("late builds"));
});

test("a cancel while waiting leaves the queue as it was; a build that fails too", async () => {
  const bench = new Bench(1);
  for (const [place, app] of ["a", "b", "c"].entries()) bench.ask(app, place);
  await bench.cancel("b");
  assert.equal(bench.log.at(-1), "b cancelled");
  await bench.end("a", new Error("failed"));
  assert.deepEqual(bench.log.slice(-2), ["a failed", "c builds"]);
});

test("an app that always asks again does not keep another from its turn", async () => {
  const bench = new Bench(1);
  bench.ask("greedy", 1);
  bench.ask("patient", 2);
  await bench.end("greedy");
  bench.ask("greedy", 3);
  await setImmediate();
  assert.ok(bench.log.includes("patient builds"));
  assert.equal(bench.log.at(-1)?.startsWith("patient") || bench.log.includes("greedy waits for patient"), true);
});

test("two at a time", async () => {
  const bench = new Bench(2);
  for (const [place, app] of ["a", "b", "c"].entries()) bench.ask(app, place);
  await setImmediate();
  assert.deepEqual(bench.log, ["c waits for a, b", "a builds", "b builds"]);
});
