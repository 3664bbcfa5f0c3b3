import { reveal, secret, type Secret } from "../../../lib/secret.ts";
import { PortsideError } from "../../../model/error-registry.ts";
import { decideDeclaredEnv } from "../../config/declared-env.ts";
import type { Step, StepContext } from "../step.ts";
import { readDeployedContract } from "./check.ts";

/** Decides app.json's `env` before the build, which sees the values. Contract §4. */
export const config: Step = {
  name: "config",
  async run(context) {
    const { store, operation } = context;
    // A repetition after a crash finds its version already written.
    if (operation.facts.configVersion !== undefined) return { outcome: "done", detail: "" };
    const app = store.apps.get(operation.app);
    const current = store.config.read(app.name, app.configVersion);
    const { value: contract } = await readDeployedContract(context);
    const declared = contract.appJson.env ?? {};
    const decision = decideDeclaredEnv({ declared, current, handledBefore: app.handledEnv, random: context.random });
    const kept = keepGenerated(context, current, decision.generated);
    if (decision.missing.length > 0) {
      const [example = ""] = decision.missing;
      throw new PortsideError("E_ENV_MISSING", {
        names: decision.missing.join(", "),
        example: `${example}=…`,
        app: app.name,
      });
    }
    const configVersion = applyValues(context, kept, decision.set);
    const detail = describe(Object.keys(decision.generated), Object.keys(decision.set));
    return {
      outcome: detail === "" ? "skipped" : "done",
      detail,
      facts: { configVersion, handledEnv: decision.handled },
    };
  },
};

type Kept = { readonly version: number; readonly values: Readonly<Record<string, Secret>> };

/** Generated secrets are in force at once and stay when the operation fails: they are made only once. */
function keepGenerated(
  context: StepContext,
  current: Kept["values"],
  generated: Readonly<Record<string, string>>,
): Kept {
  const { store, operation } = context;
  const app = store.apps.get(operation.app);
  if (Object.keys(generated).length === 0) return { version: app.configVersion, values: current };
  const values = { ...current, ...asSecrets(generated) };
  const version = store.transaction(() => {
    const written = store.config.write(app.name, values);
    const handledEnv = [...new Set([...app.handledEnv, ...Object.keys(generated)])];
    store.apps.update(app.name, { configVersion: written, handledEnv });
    return written;
  });
  return { version, values };
}

function applyValues(context: StepContext, kept: Kept, set: Readonly<Record<string, string>>): number {
  const { store, operation } = context;
  const isSame = Object.entries(set).every(([name, value]) => {
    const held = kept.values[name];
    return held !== undefined && reveal(held, "comparison with app.json") === value;
  });
  if (isSame) return kept.version;
  return store.config.write(operation.app, { ...kept.values, ...asSecrets(set) });
}

function describe(generated: readonly string[], set: readonly string[]): string {
  const parts = [
    generated.length === 0 ? "" : `generated ${generated.join(", ")}`,
    set.length === 0 ? "" : `set ${set.join(", ")}`,
  ];
  return parts.filter(Boolean).join("; ");
}

function asSecrets(values: Readonly<Record<string, string>>): Record<string, Secret> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, secret(value)]));
}
