import type { Requirement } from "./build-plan.ts";
import { formatDocument } from "./toml-document.ts";

/** What is required under one name, and who provides it. */
export type PlanEntry = {
  readonly providers: readonly { readonly id: string; readonly version: string }[];
  readonly requires: readonly Requirement[];
};

/**
 * `<layers>/plan.toml`: who gives what to whom. Entry order means nothing.
 * Written by detect. Read by whoever looks into an artifact; build gets the value. Empty when nothing is required. cnb.md §3.3.
 */
export function formatPlanToml(entries: readonly PlanEntry[]): string {
  return entries.length === 0 ? "" : formatDocument({ entries });
}

/**
 * The plan one `bin/build` gets: the requirements it is to meet.
 * Written by build. Read by that buildpack. In the build's scratch directory. cnb.md §5.1.
 */
export function formatBuildpackPlan(requires: readonly Requirement[]): string {
  return requires.length === 0 ? "" : formatDocument({ entries: requires });
}
