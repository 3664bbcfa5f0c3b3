import type { CheckState } from "../../model/check-result.ts";
import type { Instance } from "../../model/instance.ts";
import type { World } from "../world.ts";
import type { CheckOutcome } from "./check-runner.ts";
import type { PlacedCheck } from "./checks-of.ts";

/** Keeps what a check has come to. A readiness check that fails, and is not only a warning, takes its instance out of the routes. */
export function recordCheck(
  world: Pick<World, "store" | "clock">,
  instance: Instance,
  { placed: { index, check }, outcome }: { readonly placed: PlacedCheck; readonly outcome: CheckOutcome },
): void {
  const state: CheckState = outcome.passed ? "passing" : "failing";
  const { attempts, detail } = outcome;
  const result = { instance: instance.id, check: index, state, attempts, detail, at: world.clock.now() };
  world.store.checks.set(result, check.type === "readiness" && !check.warn && !outcome.passed);
}
