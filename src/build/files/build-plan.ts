import * as z from "zod";
import { DocumentError, parseDocument } from "./toml-document.ts";

/** Something a buildpack needs, with what it says about it. */
export type Requirement = { readonly name: string; readonly metadata?: Readonly<Record<string, unknown>> };

/** One way a buildpack can take part. */
export type PlanAlternative = { readonly provides: readonly string[]; readonly requires: readonly Requirement[] };

/**
 * The build plan: what a buildpack offers and needs; the alternatives in order of preference, never empty.
 * Written by `bin/detect`. Read by detect, which resolves the plans of a group. In the build's scratch directory. cnb.md §3.1.
 */
export type BuildPlan = readonly [PlanAlternative, ...PlanAlternative[]];

const SECTIONS = {
  provides: z.array(z.object({ name: z.string().min(1) })).default([]),
  requires: z
    .array(
      z.object({
        name: z.string().min(1),
        version: z.unknown().optional(),
        metadata: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .default([]),
};
const SCHEMA = z.object({ ...SECTIONS, or: z.array(z.object(SECTIONS)).default([]) });

type Sections = Omit<z.infer<typeof SCHEMA>, "or">;

/** Throws `DocumentError`, also for a `version` beside `metadata`, where it belonged before API 0.3. */
export function parseBuildPlan(text: string, document = "build plan"): BuildPlan {
  const { or, ...first } = parseDocument(SCHEMA, text, document);
  return [alternative(first, document), ...or.map((sections) => alternative(sections, document))];
}

function alternative({ provides, requires }: Sections, document: string): PlanAlternative {
  const misplaced = requires.find((requirement) => requirement.version !== undefined);
  if (misplaced !== undefined) {
    throw new DocumentError(document, `the requirement \`${misplaced.name}\` has \`version\` outside of \`metadata\``);
  }
  return {
    provides: provides.map(({ name }) => name),
    requires: requires.map(({ name, metadata }) => ({ name, ...(metadata === undefined ? {} : { metadata }) })),
  };
}
