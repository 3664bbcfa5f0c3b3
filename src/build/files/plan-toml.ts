import * as z from "zod";
import type { Requirement } from "./build-plan.ts";
import { formatDocument, parseDocument } from "./toml-document.ts";

/** What is required under one name, and who provides it. */
export type PlanEntry = {
  readonly providers: readonly { readonly id: string; readonly version: string }[];
  readonly requires: readonly Requirement[];
};

const SCHEMA = z.object({
  entries: z
    .array(
      z.object({
        providers: z.array(z.object({ id: z.string(), version: z.string().default("") })).default([]),
        requires: z
          .array(z.object({ name: z.string().min(1), metadata: z.record(z.string(), z.unknown()).optional() }))
          .default([]),
      }),
    )
    .default([]),
});

/**
 * `<layers>/plan.toml`: who gives what to whom. Entry order means nothing.
 * Written by detect. Read by build. Empty when nothing is required. cnb.md §3.3.
 */
export function formatPlanToml(entries: readonly PlanEntry[]): string {
  return entries.length === 0 ? "" : formatDocument({ entries });
}

/** Throws `DocumentError`. An empty text is a plan of nothing. */
export function parsePlanToml(text: string, document = "plan.toml"): readonly PlanEntry[] {
  return parseDocument(SCHEMA, text, document).entries.map(({ providers, requires }) => ({
    providers,
    requires: requires.map(({ name, metadata }) => ({ name, ...(metadata === undefined ? {} : { metadata }) })),
  }));
}

/**
 * The plan one `bin/build` gets: the requirements it is to meet.
 * Written by build. Read by that buildpack. In the build's scratch directory. cnb.md §5.1.
 */
export function formatBuildpackPlan(requires: readonly Requirement[]): string {
  return requires.length === 0 ? "" : formatDocument({ entries: requires });
}
