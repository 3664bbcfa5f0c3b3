import { PortsideError } from "../../model/error-registry.ts";
import { describeExit, type ExitRecord, type Instance } from "../../model/instance.ts";
import type { Release } from "../../model/release.ts";
import type { World } from "../world.ts";
import type { CheckContext } from "./check-attempt.ts";
import { runCheck, type CheckOutcome } from "./check-runner.ts";
import { checksOf, type PlacedCheck } from "./checks-of.ts";
import { recordCheck } from "./health-record.ts";
import { runOnFailure } from "./on-failure.ts";
import { startupFailure } from "./startup-failure.ts";

/** How long a failed startup waits for its `onFailure` to have told; what takes longer goes on by itself. */
const ON_FAILURE_WAIT_MS = 2_000;

/** What an instance's startup showed: the details of its checks, for people. */
export type StartupReport = { readonly details: readonly string[]; readonly warnings: readonly string[] };

type Started = { readonly instance: Instance; readonly release: Release };
type Ended = { readonly placed: PlacedCheck; readonly outcome: CheckOutcome };

/**
 * Waits until an instance has passed its startup checks, side by side; without any: until its port accepts connections,
 * or, for a type without a port, until it has stayed up for a while. Contract §8, D61, D64, D66, D67.
 * Errors: E_HEALTH_STARTUP with evidence (checks, exit, listeners, last log lines); the signal's reason.
 */
export async function awaitStartup(world: World, what: Started, signal: AbortSignal): Promise<StartupReport> {
  const done = new AbortController();
  const inner = AbortSignal.any([signal, done.signal]);
  const context: CheckContext = { ...world, instance: what.instance, signal: inner };
  const open = new Map<PlacedCheck, CheckOutcome | undefined>();
  for (const placed of checksOf(what.release, what.instance.type, world.limits))
    if (placed.check.type === "startup") open.set(placed, undefined);
  try {
    const ended = world.engine.exited(what.instance.id, inner).then((exit) => ({ exit }));
    const checks = [...open.keys()].map((placed) => runPlaced(world, what, { placed, context, open }));
    const verdict = await Promise.race([ended, judge(checks)]);
    if ("details" in verdict) return verdict;
    if ("exit" in verdict) throw await failedByExit(world, what, { exit: verdict.exit, open });
    await tellOnFailure(world, what, verdict.failed);
    throw await startupFailure(world, what.instance, { outcome: verdict.failed.outcome });
  } finally {
    done.abort(new Error("startup was decided"));
  }
}

/** Checks that are still open, each with what its last attempt saw. */
type OpenChecks = Map<PlacedCheck, CheckOutcome | undefined>;

/** An instance that exits fails the checks it has not passed, at once (D61). */
async function failedByExit(
  world: World,
  what: Started,
  { exit, open }: { readonly exit: ExitRecord; readonly open: OpenChecks },
): Promise<PortsideError> {
  const seen = [...open.values()].find((outcome) => outcome !== undefined);
  await Promise.all(
    [...open].map(([placed, last]) => {
      const detail = `ended during startup: ${describeExit(exit)}`;
      const ended = { placed, outcome: { passed: false, attempts: last?.attempts ?? 0, detail } };
      recordCheck(world, what.instance, ended);
      return tellOnFailure(world, what, ended);
    }),
  );
  return startupFailure(world, what.instance, seen === undefined ? { exit } : { exit, outcome: seen });
}

async function runPlaced(
  world: World,
  what: Started,
  {
    placed,
    context,
    open,
  }: { readonly placed: PlacedCheck; readonly context: CheckContext; readonly open: OpenChecks },
): Promise<Ended> {
  const outcome = await runCheck(context, placed.check, (attempt) => open.set(placed, attempt));
  open.delete(placed);
  recordCheck(world, what.instance, { placed, outcome });
  // A warning is told at once, since nobody ends because of it.
  if (!outcome.passed && placed.check.warn) await tellOnFailure(world, what, { placed, outcome });
  return { placed, outcome };
}

/** The first failing check that is not only a warning decides; otherwise all are waited for (D67). */
async function judge(checks: readonly Promise<Ended>[]): Promise<StartupReport | { readonly failed: Ended }> {
  const fatal = ({ placed, outcome }: Ended): boolean => !outcome.passed && !placed.check.warn;
  const failed = checks.map(async (check) => {
    const ended = await check;
    return fatal(ended) ? { failed: ended } : new Promise<never>(() => {});
  });
  return Promise.race([
    ...failed,
    Promise.all(checks).then((all) => (all.some(fatal) ? new Promise<never>(() => {}) : report(all))),
  ]);
}

function report(all: readonly Ended[]): StartupReport {
  const { passed = [], failed = [] } = Object.groupBy(all, ({ outcome }) => (outcome.passed ? "passed" : "failed"));
  return {
    details: passed.map(({ outcome }) => outcome.detail),
    warnings: failed.map(({ outcome }) => `${outcome.detail} (${countOf(outcome.attempts)})`),
  };
}

function countOf(attempts: number): string {
  return attempts === 1 ? "1 attempt" : `${attempts} attempts`;
}

/** Starts it and gives it a moment, so that whoever looks at the failure has been told of it; it goes on by itself. */
async function tellOnFailure(world: World, what: Started, { placed, outcome }: Ended): Promise<void> {
  if (placed.check.onFailure === undefined) return;
  const over = new AbortController();
  const told = runOnFailure(world, { ...what, check: placed.check, outcome }, new AbortController().signal).catch(
    (error: unknown) => {
      world.log({ level: "warn", msg: "onFailure failed", instance: what.instance.id, error: String(error) });
    },
  );
  const patience = world.clock.sleep(ON_FAILURE_WAIT_MS, over.signal).catch(() => undefined);
  await Promise.race([told, patience]);
  over.abort(new Error("told"));
}

/** Why an instance that ended before all of a rollout were healthy did so. */
export function endedEarly(world: World, instance: Instance, exit: ExitRecord): Promise<PortsideError> {
  return startupFailure(world, instance, { exit });
}

/** Throws E_HEALTH_STARTUP when one of these instances has ended by now. */
export async function assertRunning(world: World, instances: readonly Instance[], signal: AbortSignal): Promise<void> {
  const observed = await world.engine.list(signal);
  for (const instance of instances) {
    const found = observed.find(({ id }) => id === instance.id);
    if (found === undefined || found.exit !== undefined)
      throw await endedEarly(world, instance, found?.exit ?? { lost: true, at: world.clock.now() });
  }
}
