import type { AppName } from "../../model/app.ts";
import type { ExitRecord } from "../../model/instance.ts";
import type { Release } from "../../model/release.ts";
import type { World } from "../world.ts";
import { oneOffSpec } from "./launch-spec.ts";

const KILL_GRACE_MS = 10_000;

/** A command to run once, beside the services, with a release's code and config. */
export type OneOffOrder = {
  readonly release: Release;
  /** What its lines and `DYNO` are named after: `check.3`. Used once. */
  readonly name: OneOffName;
  readonly argv: readonly [string, ...string[]];
  readonly limitMs: number;
};

/** `check.3`. */
export type OneOffName = { readonly kind: string; readonly number: number };

/** The next name of a kind of one-off in an app: `check.1`, `check.2` … */
export function nextOneOffName(world: Pick<World, "store">, app: AppName, kind: string): OneOffName {
  return { kind, number: world.store.nextNumber(`${kind}:${app}`) };
}

/**
 * Runs a one-off to its end and leaves nothing of it but its log lines. One that takes longer than its limit is stopped;
 * so is one whose control plane died (nobody waits for it any more).
 */
export async function runOneOff(world: World, order: OneOffOrder, signal: AbortSignal): Promise<ExitRecord> {
  const { engine, logs, clock } = world;
  const { release, name } = order;
  const { kind, number } = name;
  const id = `${release.app}-v${release.number}-${kind}-${number}`;
  const how = { command: order.argv, args: [], direct: true, default: false, buildpackId: "" };
  const spec = oneOffSpec(world, release, { id, name: kind, number, process: { type: kind, ...how }, resources: {} });
  const over = new AbortController();
  const inner = AbortSignal.any([signal, over.signal]);
  const never = new AbortController().signal;
  try {
    await engine.start(spec, signal);
    const overdue = clock.sleep(order.limitMs, inner).then(() => engine.stop(id, KILL_GRACE_MS, inner));
    const ended = engine.exited(id, inner);
    for (const work of [overdue, ended]) work.catch(() => undefined); // The slower one is only ended by `over`.
    return await Promise.race([ended, overdue]);
  } finally {
    over.abort(new Error("the one-off has ended"));
    await engine.stop(id, KILL_GRACE_MS, never);
    await engine.forget(id, never);
    logs.dropCursor(id);
  }
}
