import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { revealAll, type Secret } from "../lib/secret.ts";
import type { ProcfileEntry } from "../model/app-contract.ts";
import { applyEnvOperations, prependPath, readEnvDirectory, readFiles, type Environment } from "./layer-environment.ts";

/** What a build may take over from the machine's environment besides PATH and HOME, which are set for it. cnb.md §6.1. */
const INHERITED = new Set([
  "LD_LIBRARY_PATH",
  "LIBRARY_PATH",
  "CPATH",
  "PKG_CONFIG_PATH",
  "CNB_STACK_ID",
  "HOSTNAME",
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]),
]);

const PATH_VARIABLES = new Set(["PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "PKG_CONFIG_PATH"]);
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What every buildpack of a build starts from, before layers and variables. Everything not listed in §6.1 is dropped. */
export function baseEnvironment(machine: {
  readonly basePath: string;
  readonly home: string;
  /** TMPDIR, which is not in the list: without it programs write where other builds do. Absent: not set. */
  readonly temporary?: string;
  /** The platform's own environment, or the part of it the operator allows. */
  readonly inherited: Environment;
}): Environment {
  const kept = Object.entries(machine.inherited).filter(([name]) => INHERITED.has(name));
  const temporary = machine.temporary === undefined ? {} : { TMPDIR: machine.temporary };
  return { ...Object.fromEntries(kept), PATH: machine.basePath, HOME: machine.home, ...temporary };
}

/** Where the variables of one buildpack's programs come from. */
export type VariableSources = {
  readonly platform: string;
  readonly buildConfig: string;
  /** How programs reach the network from this machine (certificates, registries): operator's defaults that need no file. */
  readonly network: Environment;
  readonly clearEnv: boolean;
};

/**
 * What detect and build of one buildpack see: what the layers before gave, then the user's variables (not under
 * `clear-env`), then the operator's settings, which are defaults unless their suffix says otherwise. cnb.md §6.1.
 */
export function buildpackEnvironment(environment: Environment, from: VariableSources): Environment {
  const own = from.clearEnv ? environment : applyUserVariables(environment, join(from.platform, "env"));
  const settled = applyEnvOperations(own, readEnvDirectory(join(from.buildConfig, "env"), "default"));
  return { ...from.network, ...settled };
}

function applyUserVariables(environment: Environment, directory: string): Environment {
  let next = environment;
  for (const [name, value] of readFiles(directory)) {
    next = PATH_VARIABLES.has(name) ? prependPath(next, name, value) : { ...next, [name]: value };
  }
  return next;
}

/**
 * Makes the platform directory of a build: `env/NAME` with each config value, byte for byte, 0600 (security.md §5), and,
 * when the app has a Procfile, a binding that holds its entries as the contract read them, so that the Procfile buildpack
 * cannot read the file another way (cnb.md §13.1). Whoever calls this removes the directory after the build.
 */
export function writePlatformDirectory(
  platform: string,
  content: { readonly env: Readonly<Record<string, Secret>>; readonly procfile: readonly ProcfileEntry[] },
): void {
  mkdirSync(join(platform, "env"), { recursive: true, mode: 0o700 });
  for (const [name, value] of Object.entries(revealAll(content.env, "build, as platform files"))) {
    if (!NAME.test(name)) throw new TypeError(`${name} is not the name of a variable`);
    writeFileSync(join(platform, "env", name), value, { mode: 0o600, flag: "wx" });
  }
  if (content.procfile.length === 0) return;
  const binding = join(platform, "bindings", "procfile");
  mkdirSync(binding, { recursive: true, mode: 0o700 });
  const lines = content.procfile.map(({ name, command }) => `${name}: ${command}\n`);
  writeFileSync(join(binding, "type"), "Procfile", { mode: 0o600 });
  writeFileSync(join(binding, "Procfile"), lines.join(""), { mode: 0o600 });
}
