import type { HealthCheck } from "../../model/app-contract.ts";
import type { CheckState } from "../../model/check-result.ts";
import { attemptCheck, sleepUntil, type Attempt, type CheckContext } from "./check-attempt.ts";

/** Between two attempts of a check that goes on for ever and waits for nothing (`wait: 0`). */
const WAIT_MS_MIN = 1_000;

/** What a check came to. `detail` is what the last attempt saw: `GET /health 200`, `GET /health: connection refused`. */
export type CheckOutcome = Attempt & { readonly attempts: number };

/** Runs one check until it passes or its attempts are used up; tells of each attempt. Contract §8, D59–D63. */
export async function runCheck(
  context: CheckContext,
  check: HealthCheck,
  onAttempt: (outcome: CheckOutcome) => void = () => undefined,
): Promise<CheckOutcome> {
  await sleepUntil(context, context.instance.startedAt + check.initialDelay * 1000);
  for (let attempts = 1; ; attempts += 1) {
    const outcome = { ...(await attemptUnlessStumbling(context, check)), attempts };
    onAttempt(outcome);
    if (outcome.passed || attempts >= check.attempts) return outcome;
    await context.clock.sleep(check.wait * 1000, context.signal);
  }
}

/**
 * Runs one check again and again until the signal aborts, whose reason it throws. Tells when it begins to pass or to fail:
 * at the first success, at `attempts` failures in a row, and at the success behind them. Contract §8, D65.
 */
export async function keepChecking(
  context: CheckContext,
  check: HealthCheck,
  onChange: (outcome: CheckOutcome) => Promise<void> | void,
): Promise<never> {
  const waitMs = Math.max(check.wait * 1000, WAIT_MS_MIN);
  await sleepUntil(context, context.instance.startedAt + check.initialDelay * 1000);
  let failures = 0;
  let told = "nothing" as CheckState | "nothing";
  for (;;) {
    const attempt = await attemptUnlessStumbling(context, check);
    failures = attempt.passed ? 0 : failures + 1;
    const state: typeof told = attempt.passed ? "passing" : failures >= check.attempts ? "failing" : told;
    if (state !== told) await onChange({ ...attempt, attempts: Math.max(1, failures) });
    told = state;
    await context.clock.sleep(waitMs, context.signal);
  }
}

/** An engine that cannot be asked (a program that has just ended, a slow machine) is a failure of the attempt, with its words. */
async function attemptUnlessStumbling(context: CheckContext, check: HealthCheck): Promise<Attempt> {
  try {
    return await attemptCheck(context, check);
  } catch (error) {
    if (context.signal.aborted) throw error;
    return { passed: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
