import assert from "node:assert/strict";
import fc from "fast-check";
import { corpusOf, inputsFor } from "./inputs.ts";
import type { Target } from "./target.ts";

/** No input of up to 64 KiB may take longer; the fastest of a few tries counts, since the machine does other work too. */
const INPUT_MS_MAX = 50;
const TRIES_MAX = 5;

/** How it went: runs, all of the time, and the slowest input with its length. */
export type Figures = {
  readonly name: string;
  readonly runs: number;
  readonly totalMs: number;
  readonly slowestMs: number;
  readonly slowestLength: number;
};

/** Runs one target; throws with the shortest input that breaks a promise, its seed and path. */
export function fuzzTarget(target: Target, options: { readonly runs: number; readonly seed: number }): Figures {
  const slowest = { ms: 0, length: 0 };
  const startedMs = performance.now();
  const corpus = corpusOf(target.name);
  assert.ok(corpus.length >= 2, `the corpus of ${target.name} is empty`);
  const run = (raw: string): void => {
    const { result, ms } = timed(target, raw);
    if (ms > slowest.ms) Object.assign(slowest, { ms, length: raw.length });
    assert.ok(
      ms <= INPUT_MS_MAX,
      `took ${ms.toFixed(1)} ms for ${raw.length} characters: ${JSON.stringify(raw.slice(0, 200))}`,
    );
    target.check(raw, result);
  };
  for (const text of corpus) run(text);
  const property = fc.property(inputsFor(target, corpus), run);
  fc.assert(property, { numRuns: options.runs, seed: options.seed, endOnFailure: false });
  const totalMs = performance.now() - startedMs;
  return {
    name: target.name,
    runs: options.runs + corpus.length,
    totalMs,
    slowestMs: slowest.ms,
    slowestLength: slowest.length,
  };
}

function timed(target: Target, raw: string): { readonly result: never; readonly ms: number } {
  let best = Infinity;
  let result: unknown;
  for (let tries = 0; tries < TRIES_MAX && best > INPUT_MS_MAX; tries += 1) {
    const startedMs = performance.now();
    result = target.parse(raw);
    best = Math.min(best, performance.now() - startedMs);
  }
  // Each target's own check takes what its own parser gave; the list of targets cannot say so.
  return { result: result as never, ms: best };
}
