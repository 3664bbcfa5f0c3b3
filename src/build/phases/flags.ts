/**
 * A flag of the lifecycle's programs. Written here; read by `parseFlags` and `Inputs`.
 * `variable` holds the value when the flag is absent, `fallback` when both are; `<layers>` in either is the layers directory.
 */
export type Flag = {
  readonly kind: "path" | "text" | "switch" | "number" | "list";
  readonly variable?: string;
  readonly fallback?: string;
};

/** All flags of all phases, with the reference's names, variables and defaults. cnb.md §1. */
export const FLAGS = {
  analyzed: { kind: "path", variable: "CNB_ANALYZED_PATH", fallback: "<layers>/analyzed.toml" },
  app: { kind: "path", variable: "CNB_APP_DIR", fallback: "/workspace" },
  "build-config": { kind: "path", variable: "CNB_BUILD_CONFIG_DIR", fallback: "/cnb/build-config" },
  buildpacks: { kind: "path", variable: "CNB_BUILDPACKS_DIR", fallback: "/cnb/buildpacks" },
  "cache-dir": { kind: "path", variable: "CNB_CACHE_DIR" },
  "cache-image": { kind: "text", variable: "CNB_CACHE_IMAGE" },
  gid: { kind: "number", variable: "CNB_GROUP_ID" },
  group: { kind: "path", variable: "CNB_GROUP_PATH", fallback: "<layers>/group.toml" },
  layers: { kind: "path", variable: "CNB_LAYERS_DIR", fallback: "/layers" },
  "log-level": { kind: "text", variable: "CNB_LOG_LEVEL", fallback: "info" },
  "no-color": { kind: "switch", variable: "CNB_NO_COLOR" },
  launcher: { kind: "path", variable: "CNB_LAUNCHER_PATH", fallback: "/cnb/lifecycle/launcher" },
  layout: { kind: "switch", variable: "CNB_USE_LAYOUT" },
  "layout-dir": { kind: "path", variable: "CNB_LAYOUT_DIR" },
  order: { kind: "path", variable: "CNB_ORDER_PATH" },
  plan: { kind: "path", variable: "CNB_PLAN_PATH", fallback: "<layers>/plan.toml" },
  platform: { kind: "path", variable: "CNB_PLATFORM_DIR", fallback: "/platform" },
  "previous-image": { kind: "text", variable: "CNB_PREVIOUS_IMAGE" },
  "process-type": { kind: "text", variable: "CNB_PROCESS_TYPE" },
  "project-metadata": {
    kind: "path",
    variable: "CNB_PROJECT_METADATA_PATH",
    fallback: "<layers>/project-metadata.toml",
  },
  report: { kind: "path", variable: "CNB_REPORT_PATH", fallback: "<layers>/report.toml" },
  run: { kind: "path", variable: "CNB_RUN_PATH", fallback: "/cnb/run.toml" },
  "run-image": { kind: "text", variable: "CNB_RUN_IMAGE" },
  "skip-layers": { kind: "switch", variable: "CNB_SKIP_LAYERS" },
  tag: { kind: "list" },
  uid: { kind: "number", variable: "CNB_USER_ID" },
  version: { kind: "switch" },
} as const satisfies Record<string, Flag>;

/** The name of a flag, without its dash. */
export type FlagName = keyof typeof FLAGS;

/** The flags as given, and the words behind them. */
export type ParsedFlags = {
  readonly values: ReadonlyMap<FlagName, readonly string[]>;
  readonly words: readonly string[];
};

/** A command line that is not understood; the message says why. */
export class FlagError extends Error {}

/**
 * Splits a command line as Go's `flag` package does, for the reference's callers rely on that: `-name value`, `-name=value`,
 * one dash or two; switches take a value by `=` alone; the first other word, or `--`, ends the flags. Throws `FlagError`.
 */
export function parseFlags(argv: readonly string[], allowed: readonly FlagName[]): ParsedFlags {
  const values = new Map<FlagName, readonly string[]>();
  const rest = [...argv];
  for (;;) {
    const word = rest[0];
    if (word === undefined || !word.startsWith("-") || word === "-") break;
    rest.shift();
    if (word === "--") break;
    const [, rawName = "", inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (rawName === "" || rawName.startsWith("-")) throw new FlagError(`bad flag syntax: ${word}`);
    const name = allowed.find((one) => one === rawName);
    if (name === undefined) throw new FlagError(`flag provided but not defined: -${rawName}`);
    const value = inline ?? (FLAGS[name].kind === "switch" ? "true" : rest.shift());
    if (value === undefined) throw new FlagError(`flag needs an argument: -${name}`);
    const flag: Flag = FLAGS[name];
    values.set(name, flag.kind === "list" ? [...(values.get(name) ?? []), value] : [value]);
  }
  return { values, words: rest };
}
