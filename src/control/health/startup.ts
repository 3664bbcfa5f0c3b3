import type { HealthCheck } from "../../model/app-contract.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { describeExit, instanceName, type ExitRecord, type Instance } from "../../model/instance.ts";
import type { Release } from "../../model/release.ts";
import { isRouted } from "../instances/launch-spec.ts";
import type { World } from "../world.ts";
import { attemptListening, runCheck, type CheckContext, type CheckOutcome } from "./check-runner.ts";
import { diagnose, formatListener } from "./diagnose.ts";

const LOG_LINES_MAX = 20;

/** What an instance's startup showed: the details of its checks, for people. */
export type StartupReport = { readonly details: readonly string[]; readonly warnings: readonly string[] };

/**
 * Waits until an instance has passed its startup checks, side by side; without any: until its port accepts connections,
 * or, for a type without a port, until it has stayed up for a while. Contract §8, D61, D64, D67.
 * Errors: E_HEALTH_STARTUP with evidence (checks, exit, listeners, last log lines); the signal's reason.
 */
export async function awaitStartup(
  world: World,
  what: { readonly instance: Instance; readonly release: Release },
  signal: AbortSignal,
): Promise<StartupReport> {
  const done = new AbortController();
  const inner = AbortSignal.any([signal, done.signal]);
  const context: CheckContext = { ...world, instance: what.instance, signal: inner };
  try {
    const ended = world.engine.exited(what.instance.id, inner).then((exit) => failure(context, world, { exit }));
    const checks = startupChecks(world, what).map(async ({ warn, run }) => ({ warn, outcome: await run(context) }));
    const verdict = await Promise.race([ended, judge(context, world, checks)]);
    if (verdict instanceof PortsideError) throw verdict;
    return verdict;
  } finally {
    done.abort(new Error("startup was decided"));
  }
}

type Startup = { readonly warn: boolean; readonly run: (context: CheckContext) => Promise<CheckOutcome> };

function startupChecks(
  world: World,
  what: { readonly instance: Instance; readonly release: Release },
): readonly Startup[] {
  const { type } = what.instance;
  const all = Object.hasOwn(what.release.healthchecks, type) ? (what.release.healthchecks[type] ?? []) : [];
  const declared = all.filter((check) => check.type === "startup");
  if (declared.length > 0)
    return declared.map((check: HealthCheck) => ({ warn: check.warn, run: (context) => runCheck(context, check) }));
  return [{ warn: false, run: (context) => defaultCheck(context, world, isRouted(what.release, what.instance.type)) }];
}

async function defaultCheck(context: CheckContext, world: World, routed: boolean): Promise<CheckOutcome> {
  const { address } = context.instance;
  if (routed && address !== undefined)
    return { attempts: 1, ...(await attemptListening(context, address, world.limits.bootMs)) };
  const leftMs = context.instance.startedAt + world.limits.uptimeMs - context.clock.now();
  await context.clock.sleep(Math.max(0, leftMs), context.signal);
  return { passed: true, attempts: 1, detail: `up for ${world.limits.uptimeMs / 1000} s` };
}

/** The first failing check that is not only a warning decides; otherwise all are waited for (D67). */
async function judge(
  context: CheckContext,
  world: World,
  checks: readonly Promise<{ readonly warn: boolean; readonly outcome: CheckOutcome }>[],
): Promise<StartupReport | PortsideError> {
  const failed = checks.map(async (check) => {
    const { warn, outcome } = await check;
    return outcome.passed || warn ? new Promise<never>(() => {}) : failure(context, world, { outcome });
  });
  return Promise.race([...failed, Promise.all(checks).then(report)]);
}

function report(
  results: readonly { readonly warn: boolean; readonly outcome: CheckOutcome }[],
): StartupReport | Promise<never> {
  if (results.some(({ warn, outcome }) => !warn && !outcome.passed)) return new Promise<never>(() => {});
  const { passed = [], failed = [] } = Object.groupBy(results, ({ outcome }) => (outcome.passed ? "passed" : "failed"));
  return {
    details: passed.map(({ outcome }) => outcome.detail),
    warnings: failed.map(({ outcome }) => outcome.detail),
  };
}

/** Why an instance that ended before all of a rollout were healthy did so. */
export function endedEarly(world: World, instance: Instance, exit: ExitRecord): Promise<PortsideError> {
  return failure({ ...world, instance, signal: new AbortController().signal }, world, { exit });
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

async function failure(
  context: CheckContext,
  world: World,
  cause: { readonly exit?: ExitRecord; readonly outcome?: CheckOutcome },
): Promise<PortsideError> {
  const { instance } = context;
  const never = new AbortController().signal;
  const listeners = cause.exit === undefined ? await world.engine.listeners(instance.id, never) : [];
  const { problem, advice } = diagnose({ instance, listeners, ...cause });
  const attempts =
    cause.outcome === undefined || cause.outcome.attempts === 1 ? "" : ` (${cause.outcome.attempts} attempts)`;
  const lines = world.logs.lastOf(instance.id, LOG_LINES_MAX).map((line) => `${line.source}: ${line.text}`);
  const evidence = [
    ...(cause.outcome === undefined ? [] : [`last check: ${cause.outcome.detail}${attempts}`]),
    ...(cause.exit === undefined ? [] : [`ended: ${describeExit(cause.exit)}`]),
    ...(listeners.length === 0 ? [] : [`listens on: ${listeners.map(formatListener).join(", ")}`]),
    ...(lines.length === 0 ? ["it printed nothing"] : lines),
  ];
  return new PortsideError("E_HEALTH_STARTUP", { instance: instanceName(instance), problem, advice }, { evidence });
}
