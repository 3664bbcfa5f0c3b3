import { randomHex, type Random } from "../../lib/random.ts";
import type { EnvDeclaration } from "../../model/app-contract.ts";

const GENERATED_BYTES = 32;

/** What app.json's `env` means for the config, decided before the build. */
export type DeclaredEnvDecision = {
  /** Configured values to set; withdrawn when the operation fails. */
  readonly set: Readonly<Record<string, string>>;
  /** Generated secrets; kept even when the operation fails. */
  readonly generated: Readonly<Record<string, string>>;
  /** Required, without a value, generator or earlier decision; all of them. */
  readonly missing: readonly string[];
  /** Every declared name: from now on its absence is the user's will. */
  readonly handled: readonly string[];
};

/** Contract §4, "app.json `env`". Pure but for `random`. */
export function decideDeclaredEnv(input: {
  readonly declared: Readonly<Record<string, EnvDeclaration>>;
  readonly current: Readonly<Record<string, unknown>>;
  readonly handledBefore: readonly string[];
  readonly random: Random;
}): DeclaredEnvDecision {
  const set: Record<string, string> = {};
  const generated: Record<string, string> = {};
  const missing: string[] = [];
  for (const [name, declaration] of Object.entries(input.declared)) {
    const isSet = Object.hasOwn(input.current, name);
    const synced = declaration.sync && declaration.value !== undefined && declaration.generator === undefined;
    if (synced) set[name] = declaration.value ?? "";
    else if (isSet || input.handledBefore.includes(name)) continue;
    else if (declaration.generator === "secret") generated[name] = randomHex(input.random, GENERATED_BYTES);
    else if (declaration.value !== undefined) set[name] = declaration.value;
    else if (declaration.required) missing.push(name);
  }
  const handled = [...new Set([...input.handledBefore, ...Object.keys(input.declared)])].filter(
    (name) => !missing.includes(name),
  );
  return { set, generated, missing, handled };
}
