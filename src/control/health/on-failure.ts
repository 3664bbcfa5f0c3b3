import { isoTime } from "../../lib/clock.ts";
import type { HealthCheck } from "../../model/app-contract.ts";
import { describeExit, instanceName, type Instance } from "../../model/instance.ts";
import type { Release } from "../../model/release.ts";
import { nextOneOffName, runOneOff } from "../instances/one-off.ts";
import type { World } from "../world.ts";
import type { CheckOutcome } from "./check-runner.ts";
import { describeCheck } from "./checks-of.ts";

/** A hook's command may take this long. */
const COMMAND_LIMIT_MS = 600_000;

/** Which check of which instance failed for good, and how. */
export type FailedCheck = {
  readonly instance: Instance;
  readonly release: Release;
  readonly check: HealthCheck;
  readonly outcome: CheckOutcome;
};

/**
 * Tells whoever a check names in `onFailure`: a JSON POST to its `url`, its `command` as a one-off of the app. Never on the host,
 * never into networks that are not allowed. What becomes of it stands in the app's log; it changes nothing else. Contract §8, D66.
 */
export async function runOnFailure(world: World, failed: FailedCheck, signal: AbortSignal): Promise<void> {
  const { url, command } = failed.check.onFailure ?? {};
  await Promise.all([
    url === undefined ? undefined : postUrl(world, failed, { url, signal }),
    command === undefined ? undefined : runCommand(world, failed, { command, signal }),
  ]);
}

/** What the `url` is told. Part of the product's interface: fields are added, never changed. */
function notice(world: World, { instance, release, check, outcome }: FailedCheck): Record<string, unknown> {
  return {
    event: "check-failed",
    app: instance.app,
    release: `v${release.number}`,
    instance: instanceName(instance),
    processType: instance.type,
    check: { name: describeCheck(check), type: check.type, warn: check.warn },
    attempts: outcome.attempts,
    detail: outcome.detail,
    at: isoTime(world.clock.now()),
  };
}

async function postUrl(
  world: World,
  failed: FailedCheck,
  { url, signal }: { readonly url: string; readonly signal: AbortSignal },
): Promise<void> {
  const result = await world.outgoing.post(url, notice(world, failed), signal);
  const said = result.ok ? `answered ${result.status}` : `could not be told: ${result.problem}`;
  // The address may hold a secret behind its host.
  say(world, failed.instance, `onFailure of "${describeCheck(failed.check)}": ${hostOf(url)} ${said}`);
}

async function runCommand(
  world: World,
  failed: FailedCheck,
  { command: [program = "", ...rest], signal }: { readonly command: readonly string[]; readonly signal: AbortSignal },
): Promise<void> {
  const { instance, release, check } = failed;
  const name = nextOneOffName(world, instance.app, "check");
  const source = `${name.kind}.${name.number}`;
  say(world, instance, `onFailure of "${describeCheck(check)}" runs as ${source}`);
  try {
    const order = { release, name, argv: [program, ...rest], limitMs: COMMAND_LIMIT_MS } as const;
    const exit = await runOneOff(world, order, signal);
    world.logs.say(instance.app, `portside[${source}]`, `Ended (${describeExit(exit)})`);
  } catch (error) {
    if (signal.aborted) throw error;
    world.logs.say(instance.app, `portside[${source}]`, error instanceof Error ? error.message : String(error));
  }
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? "its url";
}

function say(world: World, instance: Instance, text: string): void {
  world.logs.say(instance.app, `portside[${instanceName(instance)}]`, text);
}
