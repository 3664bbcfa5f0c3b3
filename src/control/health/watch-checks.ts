import { instanceName, type Instance } from "../../model/instance.ts";
import type { Release } from "../../model/release.ts";
import type { World } from "../world.ts";
import { keepChecking, type CheckOutcome } from "./check-runner.ts";
import { checksOf, describeCheck, type PlacedCheck } from "./checks-of.ts";
import { recordCheck } from "./health-record.ts";
import { runOnFailure } from "./on-failure.ts";

/** A liveness check that failed too often in a row: the instance is to be restarted. */
export type Dead = { readonly check: string; readonly outcome: CheckOutcome };

/** `onRoutesChange`: the instance has left the routes or come back; the table is to be written anew. */
export type WatchEffects = { readonly onRoutesChange: () => void };

/**
 * Runs the readiness and liveness checks of an instance that serves, side by side, until one of its liveness checks has failed for
 * good or the signal aborts (whose reason it then throws). Without such checks it just waits for the signal.
 * What changes is recorded, said in the log and told by `onFailure`. Contract §8, D65, D66.
 */
export async function watchChecks(
  world: World,
  what: { readonly instance: Instance; readonly release: Release },
  options: WatchEffects & { readonly signal: AbortSignal },
): Promise<Dead> {
  const { instance, release } = what;
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const context = { ...world, instance, signal };
  const placed = checksOf(release, instance.type, world.limits).filter(({ check }) => check.type !== "startup");
  const dead = Promise.withResolvers<Dead>();
  options.signal.addEventListener("abort", () => dead.reject(options.signal.reason as Error), { once: true });
  const loops = placed.map((one) =>
    keepChecking(context, one.check, (outcome) => {
      onChange(world, what, { placed: one, outcome });
      if (one.check.type === "readiness") options.onRoutesChange();
      const isDead = one.check.type === "liveness" && !one.check.warn && !outcome.passed;
      if (isDead) dead.resolve({ check: describeCheck(one.check), outcome });
    }).catch((error: unknown) => dead.reject(error as Error)),
  );
  try {
    return await dead.promise;
  } finally {
    over.abort(new Error("the instance is no longer watched"));
    await Promise.allSettled(loops);
  }
}

function onChange(
  world: World,
  { instance, release }: { readonly instance: Instance; readonly release: Release },
  { placed, outcome }: { readonly placed: PlacedCheck; readonly outcome: CheckOutcome },
): void {
  const { check } = placed;
  const wasFailing = world.store.checks
    .of(instance.id)
    .some((row) => row.check === placed.index && row.state === "failing");
  recordCheck(world, instance, { placed, outcome });
  if (outcome.passed && !wasFailing) return;
  const source = `portside[${instanceName(instance)}]`;
  world.logs.say(
    instance.app,
    source,
    `${capitalized(check.type)} check "${describeCheck(check)}" ${inWords(placed, outcome)}`,
  );
  if (outcome.passed) return;
  const failed = { instance, release, check, outcome };
  // Beside everything else, and also when the instance is gone by then.
  runOnFailure(world, failed, new AbortController().signal).catch((error: unknown) => {
    world.log({ level: "warn", msg: "onFailure failed", instance: instance.id, error: String(error) });
  });
}

function inWords({ check }: PlacedCheck, { passed, attempts, detail }: CheckOutcome): string {
  const effect = check.warn ? "warning only" : EFFECTS[check.type];
  return passed
    ? `passes again (${detail})`
    : `failed ${attempts === 1 ? "once" : `${attempts} times in a row`}: ${detail}; ${effect}`;
}

const EFFECTS = {
  startup: "not started",
  readiness: "out of the routes until it passes",
  liveness: "it is restarted",
} as const;

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
