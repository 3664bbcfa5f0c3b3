import { randomHex } from "../../../lib/random.ts";
import { secret, type Secret } from "../../../lib/secret.ts";
import { forEnvironment } from "../../../contract/app-json.ts";
import type { EnvDeclaration } from "../../../model/app-contract.ts";
import { PortsideError } from "../../../model/error-registry.ts";
import { demandOneOff, endOneOffs, runKeepingFiles } from "../one-off.ts";
import type { Step, StepContext } from "../step.ts";
import { candidate } from "../subject.ts";
import { readDeployedContract } from "./check.ts";

const SECRET_BYTES = 32;

/**
 * Runs the app's tests on the new artifact, where they are switched on: `test-setup`, whose files the tests find, then `test`,
 * both of app.json's test environment and with its variables alone. Contract §6, decision 0032.
 */
export const tests: Step = {
  name: "test",
  async run(context) {
    if (!context.store.apps.get(context.operation.app).settings.tests) return { outcome: "skipped", detail: "" };
    const { value: contract } = await readDeployedContract(context);
    const declared = forEnvironment(contract.appJson, "test");
    const { "test-setup": setup, test } = declared.scripts ?? {};
    if (setup === undefined && test === undefined) return { outcome: "skipped", detail: "app.json has no tests" };
    const base = {
      subject: candidate(context),
      env: testEnv(context, declared.env ?? {}),
      limitMs: context.limits.hookMs,
    };
    const artifact =
      setup === undefined
        ? base.subject.artifact
        : (await runKeepingFiles(context, { ...base, name: "test-setup", command: setup }, failure)).digest;
    const subject = { ...base.subject, artifact };
    if (test !== undefined) await demandOneOff(context, { ...base, subject, name: "test", command: test }, failure);
    return { outcome: "done", detail: test?.command ?? setup?.command ?? "" };
  },
  undo: endOneOffs,
};

function failure(problem: string, evidence: readonly string[]): PortsideError {
  return new PortsideError("E_TESTS_FAILED", { problem }, { evidence });
}

/** What app.json declares for tests, and nothing of the app's own config: tests must not reach what production uses. */
function testEnv(
  context: StepContext,
  declared: Readonly<Record<string, EnvDeclaration>>,
): Readonly<Record<string, Secret>> {
  const values = Object.entries(declared).flatMap(([name, { value, generator }]) => {
    if (generator !== undefined) return [[name, secret(randomHex(context.random, SECRET_BYTES))] as const];
    return value === undefined ? [] : [[name, secret(value)] as const];
  });
  const given = Object.fromEntries(values);
  const missing = Object.entries(declared).filter(([name, { required }]) => required && !Object.hasOwn(given, name));
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(", ");
    throw failure(`app.json gives no value for ${names} in \`environments.test.env\``, []);
  }
  return { CI: secret("true"), ...given };
}
