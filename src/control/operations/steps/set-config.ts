import { reveal, type Secret } from "../../../lib/secret.ts";
import { checkConfigSize } from "../../config/config-vars.ts";
import type { Step } from "../step.ts";

/** Writes the asked-for values as a new config version. Any change makes a release; no change is no operation. Contract §4. */
export const setConfig: Step = {
  name: "config",
  run({ store, operation }) {
    if (operation.request.kind !== "config") throw new Error("not a config operation");
    const app = store.apps.get(operation.app);
    const current = store.config.read(app.name, app.configVersion);
    const asked = store.config.openRequest(app.name, operation.request.sealedValues);
    const changed = Object.entries(asked).filter(([name, value]) => differs(current[name], value));
    if (changed.length === 0) return Promise.resolve({ outcome: "done", detail: "nothing to change", unchanged: true });
    const next = Object.fromEntries(
      Object.entries({ ...current, ...asked }).filter((entry): entry is [string, Secret] => entry[1] !== null),
    );
    checkConfigSize(
      Object.fromEntries(Object.entries(next).map(([name, value]) => [name, reveal(value, "size check")])),
    );
    const configVersion = operation.facts.configVersion ?? store.config.write(app.name, next);
    const handledEnv = [...new Set([...app.handledEnv, ...Object.keys(asked)])];
    return Promise.resolve({ outcome: "done", detail: describe(changed), facts: { configVersion, handledEnv } });
  },
};

/** `Set A, B, unset C`: what the release will be called. */
function describe(changed: readonly (readonly [string, Secret | null])[]): string {
  const names = (unset: boolean): string =>
    changed
      .filter(([, value]) => (value === null) === unset)
      .map(([name]) => name)
      .join(", ");
  return [names(false) && `set ${names(false)}`, names(true) && `unset ${names(true)}`].filter(Boolean).join("; ");
}

function differs(held: Secret | undefined, asked: Secret | null): boolean {
  if (held === undefined || asked === null) return (held === undefined) !== (asked === null);
  return reveal(held, "comparison") !== reveal(asked, "comparison");
}
