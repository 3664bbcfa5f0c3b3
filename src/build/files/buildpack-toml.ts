import * as z from "zod";
import { ORDER, orderOf, type Order } from "./order.ts";
import { DocumentError, parseDocument } from "./toml-document.ts";

/** A machine a buildpack is made for; what it does not say fits everything. cnb.md §2. */
export type DeclaredTarget = {
  readonly os?: string;
  readonly arch?: string;
  readonly archVariant?: string;
  /** Empty: any. */
  readonly distros: readonly { readonly name?: string; readonly version?: string }[];
};

/**
 * `buildpack.toml`: what a buildpack says about itself.
 * Written by the buildpack's author. Read by detect and build. Stored in the buildpack's directory. cnb.md §2.
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
  /** Empty: fits everything. */
  readonly targets: readonly DeclaredTarget[];
  /** Of a composite: what it stands for. Empty for one with programs of its own. */
  readonly order: Order;
  /** Media types of the SBOM files it may write, without parameters. */
  readonly sbomFormats: readonly string[];
  /** Other names users know it by: `heroku/nodejs`, a git address. From `[metadata]`. */
  readonly aliases: readonly string[];
  /** It promises never to write into a file of a restored layer, so layers may be shared by hard links. From `[metadata]`. */
  readonly keepsLayerFiles: boolean;
};

/** A buildpack made for an API version this lifecycle does not speak: exit code 12, whatever the phase. */
export class UnsupportedApiError extends DocumentError {}

const MINOR_MIN = 7;
const MINOR_MAX = 12;
const RESERVED_IDS = new Set(["app", "config", "generated", "sbom"]);

/** An id: parts of a path, none of them empty or dots. */
export const ID = z
  .string()
  // The specification knows no `_`, the reference takes it.
  .regex(/^[A-Za-z0-9._/-]+$/, "an id is letters, digits, `.`, `/`, `-` and `_`")
  .refine((id) => id.split("/").every((part) => part !== "" && part !== "." && part !== ".."), "cannot be an id")
  .refine((id) => !RESERVED_IDS.has(id), "cannot be an id");
/** The specification wants X.Y.Z, the reference takes anything; it becomes a directory's name. */
export const VERSION = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._+-]*$/, "a version is like 1.2.3");

const TEXT = z.string().optional();
const TARGET = z.object({
  os: TEXT,
  arch: TEXT,
  "arch-variant": TEXT,
  distros: z.array(z.object({ name: TEXT, version: TEXT })).default([]),
});
const SCHEMA = z.object({
  api: z.string(),
  buildpack: z.object({
    id: ID,
    version: VERSION,
    name: TEXT,
    homepage: TEXT,
    "clear-env": z.boolean().default(false),
    "sbom-formats": z.array(z.string()).default([]),
  }),
  targets: z.array(TARGET).default([]),
  stacks: z.array(z.object({ id: z.string() })).default([]),
  order: ORDER.default([]),
  // Authors may write anything into it: what is not ours in form is not ours in meaning.
  metadata: z
    .object({ aliases: z.array(z.string()).catch([]), "keeps-layer-files": z.boolean().catch(false) })
    .catch({ aliases: [], "keeps-layer-files": false }),
});
type Parsed = z.infer<typeof SCHEMA>;

/** Throws `DocumentError`; of its kind `UnsupportedApiError` for an API version this lifecycle does not speak. */
export function parseBuildpackToml(text: string, document = "buildpack.toml"): BuildpackToml {
  const { api, buildpack, targets, stacks, order, metadata } = parseDocument(SCHEMA, text, document);
  checkApi(api, document);
  return {
    api,
    id: buildpack.id,
    version: buildpack.version,
    ...(buildpack.name === undefined ? {} : { name: buildpack.name }),
    ...(buildpack.homepage === undefined ? {} : { homepage: buildpack.homepage }),
    clearEnv: buildpack["clear-env"],
    targets: targets.length > 0 ? targets.map(declaredTarget) : stackTargets(stacks),
    order: orderOf(order),
    sbomFormats: buildpack["sbom-formats"].map((format) => format.replace(/;.*/s, "").trim().toLowerCase()),
    aliases: metadata.aliases,
    keepsLayerFiles: metadata["keeps-layer-files"],
  };
}

function checkApi(api: string, document: string): void {
  const minor = /^0\.(\d+)$/.exec(api)?.[1];
  if (minor === undefined || Number(minor) < MINOR_MIN || Number(minor) > MINOR_MAX) {
    throw new UnsupportedApiError(document, `buildpack API version '${api}' is incompatible with the lifecycle`);
  }
}

function declaredTarget(target: Parsed["targets"][number]): DeclaredTarget {
  const { os, arch, "arch-variant": archVariant, distros } = target;
  return {
    ...(os === undefined ? {} : { os }),
    ...(arch === undefined ? {} : { arch }),
    ...(archVariant === undefined ? {} : { archVariant }),
    distros: distros.map(({ name, version }) => ({
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { version }),
    })),
  };
}

/** What the stacks of older buildpacks mean. Others mean nothing any more; their programs are Linux ones, see `readBuildpack`. */
function stackTargets(stacks: Parsed["stacks"]): DeclaredTarget[] {
  return stacks.flatMap(({ id }): DeclaredTarget[] => {
    if (id === "*") return [{ distros: [] }];
    if (id !== "io.buildpacks.stacks.bionic") return [];
    return [{ os: "linux", arch: "amd64", distros: [{ name: "ubuntu", version: "18.04" }] }];
  });
}

/** Whether an API version is 0.`minor` or newer. */
export function isApiAtLeast(api: string, minor: number): boolean {
  return Number(api.split(".")[1]) >= minor;
}
