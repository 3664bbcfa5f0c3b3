import type { AppName } from "../../model/app.ts";
import {
  DEFAULT_CHECK,
  type CheckName,
  type CheckRun,
  type InstanceChoice,
  type TypeChecks,
} from "../../model/check-result.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { describeExit, instanceName, type Instance } from "../../model/instance.ts";
import type { Release } from "../../model/release.ts";
import type { World } from "../world.ts";
import { runCheck } from "./check-runner.ts";
import { checksOf, describeCheck, type PlacedCheck } from "./checks-of.ts";

/** The checks of an app's types and what its instances show; empty before the first release. */
export function listChecks(world: World, app: AppName): readonly TypeChecks[] {
  const release = currentRelease(world, app);
  if (release === undefined) return [];
  const instances = world.store.instances.alive(app);
  return release.types.map((type) => ({
    type,
    checks: checksOf(release, type, world.limits).map((placed) => ({
      ...nameOf(placed),
      results: instances.filter((instance) => instance.type === type).flatMap((one) => resultsOf(world, one, placed)),
    })),
  }));
}

function resultsOf(world: World, instance: Instance, placed: PlacedCheck): TypeChecks["checks"][number]["results"] {
  // An instance of an earlier release may have had other checks in these places.
  if (instance.release !== currentRelease(world, instance.app)?.number) return [];
  return world.store.checks
    .of(instance.id)
    .filter(({ check }) => check === placed.index)
    .map(({ state, attempts, detail, at }) => ({ instance: instanceName(instance), state, attempts, detail, at }));
}

/**
 * Carries out all checks of the chosen instances now, side by side, with their attempts and waits; gives each as it ends.
 * Nothing follows from it: no route changes, no restart, no `onFailure`. Errors: E_APP_NO_RELEASE, E_INSTANCE_UNKNOWN,
 * E_INSTANCE_DOWN, before the first result.
 */
export function runChecks(
  world: World,
  what: { readonly app: AppName; readonly choice: InstanceChoice },
  signal: AbortSignal,
): AsyncIterable<CheckRun> {
  const instances = chooseRunning(world, what.app, what.choice);
  const over = new AbortController();
  const inner = AbortSignal.any([signal, over.signal]);
  const running = instances.flatMap((instance) => {
    const release = world.store.releases.get(instance.app, instance.release);
    return checksOf(release, instance.type, world.limits).map((placed) => runOne(world, { instance, placed }, inner));
  });
  return asTheyEnd(running, () => over.abort(new Error("nobody waits for the checks")));
}

/** Throws E_INSTANCE_UNKNOWN, or E_INSTANCE_DOWN when a chosen one, or every one, does not run. */
function chooseRunning(world: World, app: AppName, { type, number }: InstanceChoice): readonly Instance[] {
  const release = currentRelease(world, app);
  if (release === undefined) throw new PortsideError("E_APP_NO_RELEASE", { app });
  const isChosen = (instance: Instance): boolean =>
    (type === undefined || instance.type === type) && (number === undefined || instance.number === number);
  const chosen = world.store.instances.alive(app).filter(isChosen);
  const wanted = number === undefined ? (type ?? "running one") : `${type}.${number}`;
  const isKnownType = type === undefined || release.types.includes(type);
  if (!isKnownType || (number !== undefined && chosen.length === 0))
    throw new PortsideError("E_INSTANCE_UNKNOWN", { app, instance: wanted });
  const running = chosen.filter(({ phase }) => phase === "serving" || phase === "starting");
  if (running.length > 0) return running;
  const [down] = chosen;
  const problem = down === undefined ? "none was started" : `it is ${down.phase}${lastEnd(down)}`;
  throw new PortsideError("E_INSTANCE_DOWN", { instance: wanted, problem });
}

function lastEnd({ exit }: Instance): string {
  return exit === undefined ? "" : `, its last end: ${describeExit(exit)}`;
}

async function runOne(
  world: World,
  { instance, placed }: { readonly instance: Instance; readonly placed: PlacedCheck },
  signal: AbortSignal,
): Promise<CheckRun> {
  const startedAt = world.clock.now();
  const over = new AbortController();
  const inner = AbortSignal.any([signal, over.signal]);
  const seen = { attempts: 0 };
  const ended = world.engine.exited(instance.id, inner).then((exit) => ({
    ...{ passed: false, attempts: seen.attempts, detail: `it ended: ${describeExit(exit)}` },
  }));
  const checked = runCheck({ ...world, instance, signal: inner }, placed.check, ({ attempts }) => {
    seen.attempts = attempts;
  });
  for (const work of [ended, checked]) work.catch(() => undefined); // The slower one is only ended by `over`.
  const { passed, attempts, detail } = await Promise.race([checked, ended]).finally(() =>
    over.abort(new Error("the check has ended")),
  );
  const durationMs = world.clock.now() - startedAt;
  return { ...nameOf(placed), instance: instanceName(instance), passed, attempts, detail, durationMs };
}

async function* asTheyEnd<Value>(promises: readonly Promise<Value>[], onLeave: () => void): AsyncGenerator<Value> {
  const left = new Map(promises.map((promise, index) => [index, promise.then((value) => ({ index, value }))]));
  for (const promise of left.values()) promise.catch(() => undefined); // Told by the first one that is looked at.
  try {
    while (left.size > 0) {
      const { index, value } = await Promise.race(left.values());
      left.delete(index);
      yield value;
    }
  } finally {
    onLeave();
  }
}

function nameOf({ index, check }: PlacedCheck): CheckName {
  return { name: describeCheck(check), type: check.type, isDefault: index === DEFAULT_CHECK, warn: check.warn };
}

function currentRelease(world: World, name: AppName): Release | undefined {
  const { currentRelease: number } = world.store.apps.get(name);
  return number === undefined ? undefined : world.store.releases.find(name, number);
}
