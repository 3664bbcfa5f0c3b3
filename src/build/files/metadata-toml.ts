import * as z from "zod";
import type { LaunchProcess } from "../../model/launch-plan.ts";
import type { GroupElement } from "./group-toml.ts";
import type { LaunchToml } from "./launch-toml.ts";
import { formatDocument, parseDocument } from "./toml-document.ts";

/**
 * `<layers>/config/metadata.toml`: what the whole build gave, for launchers and other CNB tools.
 * Written by build. Read by export, launchers inside images and whoever looks into an artifact; engines get the same from the
 * artifact. Processes are sorted by type; the default one is named beside them. cnb.md §5.3.
 */
export type MetadataToml = {
  readonly group: readonly GroupElement[];
  readonly processes: readonly LaunchProcess[];
  readonly labels: LaunchToml["labels"];
  readonly slices: LaunchToml["slices"];
};

/** The document's text. */
export function formatMetadataToml(built: MetadataToml): string {
  const sorted = built.processes.toSorted((a, b) => (a.type < b.type ? -1 : 1));
  return formatDocument({
    "buildpack-default-process-type": built.processes.find((process) => process.default)?.type,
    buildpacks: built.group.map(({ id, version, api, homepage }) => ({ id, version, api, homepage })),
    processes: sorted.map((process) => ({
      type: process.type,
      command: process.command,
      args: process.args,
      direct: process.direct,
      "buildpack-id": process.buildpackId,
      "working-dir": process.workingDir,
    })),
    labels: built.labels.length === 0 ? undefined : built.labels,
    slices: built.slices.length === 0 ? undefined : built.slices,
  });
}

const TEXTS = z.array(z.string()).default([]);
const SCHEMA = z.object({
  "buildpack-default-process-type": z.string().optional(),
  buildpacks: z
    .array(z.object({ id: z.string(), version: z.string(), api: z.string(), homepage: z.string().optional() }))
    .default([]),
  processes: z
    .array(
      z.object({
        type: z.string().regex(/^[^/><:|&\\]+$/, "a process type has none of / > < : | & \\"),
        command: z.array(z.string()).min(1),
        args: TEXTS,
        direct: z.boolean(),
        "buildpack-id": z.string().default(""),
        "working-dir": z.string().optional(),
      }),
    )
    .default([]),
  labels: z.array(z.object({ key: z.string().min(1), value: z.string() })).default([]),
  slices: z.array(z.object({ paths: TEXTS })).default([]),
});

/** Throws `DocumentError`. */
export function parseMetadataToml(text: string, document = "metadata.toml"): MetadataToml {
  const parsed = parseDocument(SCHEMA, text, document);
  const processes = parsed.processes.map((process): LaunchProcess => ({
    type: process.type,
    command: process.command,
    args: process.args,
    direct: process.direct,
    default: process.type === parsed["buildpack-default-process-type"],
    buildpackId: process["buildpack-id"],
    ...(process["working-dir"] === undefined ? {} : { workingDir: process["working-dir"] }),
  }));
  const group = parsed.buildpacks.map(({ homepage, ...element }) => ({
    ...element,
    ...(homepage === undefined ? {} : { homepage }),
  }));
  return { group, processes, labels: parsed.labels, slices: parsed.slices };
}
