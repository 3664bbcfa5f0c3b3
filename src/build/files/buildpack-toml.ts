import * as z from "zod";
import { DocumentError, parseDocument } from "./toml-document.ts";

/**
 * `buildpack.toml`: what a buildpack says about itself.
 * Written by the buildpack's author. Read by build (`readBuildpacks`). Stored in the buildpack's directory. cnb.md §2.
 */
export type BuildpackToml = {
  /** `0.8`. */
  readonly api: string;
  readonly id: string;
  readonly version: string;
  readonly name?: string;
  readonly homepage?: string;
  /** User variables are not passed to its detect and build. */
  readonly clearEnv: boolean;
  /** Empty: no statement. */
  readonly targets: readonly { readonly os?: string; readonly arch?: string }[];
  /** Other names users know it by: `heroku/nodejs`, a git address. From `[metadata]`. */
  readonly aliases: readonly string[];
  /** It promises never to write into a file of a restored layer, so layers may be shared by hard links. From `[metadata]`. */
  readonly keepsLayerFiles: boolean;
};

const MINOR_MIN = 7;
const MINOR_MAX = 12;
const RESERVED_IDS = new Set(["app", "config", "generated", "sbom"]);

const SCHEMA = z.object({
  api: z.string(),
  buildpack: z.object({
    id: z.string().regex(/^[A-Za-z0-9./-]+$/),
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    name: z.string().optional(),
    homepage: z.string().optional(),
    "clear-env": z.boolean().default(false),
  }),
  targets: z.array(z.object({ os: z.string().optional(), arch: z.string().optional() })).default([]),
  metadata: z
    .object({ aliases: z.array(z.string()).default([]), "keeps-layer-files": z.boolean().default(false) })
    .default({ aliases: [], "keeps-layer-files": false }),
});

/** Throws `DocumentError`, also for an API version this lifecycle does not speak. */
export function parseBuildpackToml(text: string, document = "buildpack.toml"): BuildpackToml {
  const { api, buildpack, targets, metadata } = parseDocument(SCHEMA, text, document);
  const minor = /^0\.(\d+)$/.exec(api)?.[1];
  if (minor === undefined || Number(minor) < MINOR_MIN || Number(minor) > MINOR_MAX) {
    throw new DocumentError(document, `buildpack API version '${api}' is incompatible with the lifecycle`);
  }
  const isPath = buildpack.id.split("/").some((part) => part === "" || part === "." || part === "..");
  if (isPath || RESERVED_IDS.has(buildpack.id))
    throw new DocumentError(document, `\`${buildpack.id}\` cannot be an id`);
  return {
    api,
    id: buildpack.id,
    version: buildpack.version,
    ...(buildpack.name === undefined ? {} : { name: buildpack.name }),
    ...(buildpack.homepage === undefined ? {} : { homepage: buildpack.homepage }),
    clearEnv: buildpack["clear-env"],
    targets: targets.map(({ os, arch }) => ({
      ...(os === undefined ? {} : { os }),
      ...(arch === undefined ? {} : { arch }),
    })),
    aliases: metadata.aliases,
    keepsLayerFiles: metadata["keeps-layer-files"],
  };
}

/** Whether an API version is 0.`minor` or newer. */
export function isApiAtLeast(api: string, minor: number): boolean {
  return Number(api.split(".")[1]) >= minor;
}
