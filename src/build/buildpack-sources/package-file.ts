import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type * as z from "zod";
import { escapedId } from "../buildpack-registry.ts";
import {
  CONFIG,
  INDEX,
  LAYERS_LABEL,
  MANIFEST,
  METADATA_LABEL,
  PACKAGE_LAYERS,
  PACKAGE_METADATA,
  type Descriptor,
} from "../files/buildpackage.ts";
import { ArchiveError, unpackArchive, type ArchiveLimits } from "../source-archive.ts";

/** A buildpack in an unpacked package. */
export type PackagedBuildpack = { readonly id: string; readonly version: string; readonly directory: string };

/** All buildpacks of a package; `main` is the one it is about. */
export type UnpackedPackage = { readonly main: PackagedBuildpack; readonly all: readonly PackagedBuildpack[] };

const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024;
const BUILDPACKS_ROOT = /^(?:\.?\/)?cnb\/buildpacks\//;

/** Go's name of this processor. */
const ARCHITECTURE = process.arch === "x64" ? "amd64" : process.arch;

/** Whether an unpacked archive is an OCI image layout, as a `.cnb` file is. */
export function isImageLayout(directory: string): boolean {
  return statSync(join(directory, "index.json"), { throwIfNoEntry: false })?.isFile() === true;
}

/**
 * Unpacks the buildpacks of an OCI image layout into `target`, each checked: every blob has the digest and size it is named
 * with, every buildpack lies where its label says. Rejects with ArchiveError, the signal's reason. cnb.md §2.
 */
export async function unpackPackage(
  layout: string,
  target: string,
  options: { readonly limits: ArchiveLimits; readonly signal: AbortSignal },
): Promise<UnpackedPackage> {
  const manifest = findManifest(layout);
  const config = readDocument(layout, manifest.config, CONFIG);
  const labels = config.config?.Labels ?? {};
  const main = parseLabel(labels, METADATA_LABEL, PACKAGE_METADATA);
  const named = Object.entries(parseLabel(labels, LAYERS_LABEL, PACKAGE_LAYERS)).flatMap(([id, versions]) =>
    Object.entries(versions).map(([version, { layerDiffID }]) => ({ id, version, layerDiffID })),
  );
  const missing = named.find(({ layerDiffID }) => !config.rootfs.diff_ids.includes(layerDiffID));
  if (missing !== undefined)
    throw new ArchiveError(`the layer of ${missing.id}@${missing.version} is not among its layers`);
  if (manifest.layers.length !== config.rootfs.diff_ids.length)
    throw new ArchiveError(
      `it has ${manifest.layers.length} layers, but its config names ${config.rootfs.diff_ids.length}`,
    );
  const wanted = new Set(named.map(({ layerDiffID }) => config.rootfs.diff_ids.indexOf(layerDiffID)));
  for (const index of wanted) {
    const layer = manifest.layers[index];
    if (layer !== undefined) await unpackLayer({ layout, layer }, join(target, String(index)), options);
  }
  const all = named.map(({ id, version, layerDiffID }) => ({
    id,
    version,
    directory: join(target, String(config.rootfs.diff_ids.indexOf(layerDiffID)), escapedId(id), version),
  }));
  const absent = all.find(({ directory }) => !isFile(join(directory, "buildpack.toml")));
  if (absent !== undefined)
    throw new ArchiveError(`its layer has no /cnb/buildpacks/${escapedId(absent.id)}/${absent.version}/buildpack.toml`);
  const found = all.find(({ id, version }) => id === main.id && version === main.version);
  if (found === undefined) throw new ArchiveError(`it is about ${main.id}@${main.version}, which it does not hold`);
  return { main: found, all };
}

function findManifest(layout: string): z.infer<typeof MANIFEST> {
  let { manifests } = parseJson(readSmall(layout, "index.json"), "index.json", INDEX);
  // An index may stand for another one, once: image managers nest them so.
  for (let depth = 0; depth < 2; depth += 1) {
    const chosen = chooseManifest(manifests);
    if (!chosen.mediaType.includes("index") && !chosen.mediaType.includes("manifest.list"))
      return readDocument(layout, chosen, MANIFEST);
    ({ manifests } = readDocument(layout, chosen, INDEX));
  }
  throw new ArchiveError("its indexes are nested too deeply");
}

function chooseManifest(manifests: readonly Descriptor[]): Descriptor {
  const [first] = manifests;
  const fitting = manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === ARCHITECTURE);
  const chosen = fitting ?? (manifests.length === 1 ? first : undefined);
  if (chosen !== undefined) return chosen;
  throw new ArchiveError(`none of its ${manifests.length} images is for linux/${ARCHITECTURE}`);
}

function readDocument<T>(layout: string, descriptor: Descriptor, schema: z.ZodType<T>): T {
  const name = blobPath(descriptor.digest);
  const bytes = readSmall(layout, name);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (digest !== descriptor.digest || bytes.length !== descriptor.size) throw wrongDigest(descriptor);
  return parseJson(bytes, name, schema);
}

function parseLabel<T>(labels: Readonly<Record<string, string>>, name: string, schema: z.ZodType<T>): T {
  const text = Object.hasOwn(labels, name) ? labels[name] : undefined;
  if (text === undefined) throw new ArchiveError(`it is no buildpack package: it has no label ${name}`);
  return parseJson(Buffer.from(text), `label ${name}`, schema);
}

function parseJson<T>(bytes: Buffer, name: string, schema: z.ZodType<T>): T {
  let raw: unknown;
  try {
    raw = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new ArchiveError(`${name} is not JSON`, false, { cause: error });
  }
  const { success, data, error } = schema.safeParse(raw);
  if (success) return data;
  const [issue] = error.issues;
  throw new ArchiveError(`${name}: ${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "is not valid"}`);
}

function readSmall(layout: string, name: string): Buffer {
  const path = join(layout, name);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) throw new ArchiveError(`it has no ${name}`);
  if (stat.size > DOCUMENT_BYTES_MAX) throw new ArchiveError(`${name} is larger than ${DOCUMENT_BYTES_MAX} bytes`);
  return readFileSync(path);
}

type PackagedLayer = { readonly layout: string; readonly layer: Descriptor };

/** Only what lies below /cnb/buildpacks; the bytes are hashed as they are read. */
async function unpackLayer(
  { layout, layer }: PackagedLayer,
  target: string,
  options: { readonly limits: ArchiveLimits; readonly signal: AbortSignal },
): Promise<void> {
  const file = join(layout, blobPath(layer.digest));
  if (!isFile(file)) throw new ArchiveError(`it has no ${blobPath(layer.digest)}`);
  mkdirSync(target, { recursive: true });
  const hash = createHash("sha256");
  const hashed = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(file, { signal: options.signal }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield chunk;
    }
  };
  if (statSync(file).size !== layer.size) throw wrongDigest(layer);
  await unpackArchive(hashed(), target, {
    ...options,
    place: (path) => (BUILDPACKS_ROOT.test(path) ? path.replace(BUILDPACKS_ROOT, "") : undefined),
  });
  if (`sha256:${hash.digest("hex")}` !== layer.digest) throw wrongDigest(layer);
}

function blobPath(digest: string): string {
  return `blobs/sha256/${digest.slice("sha256:".length)}`;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function wrongDigest({ digest }: Descriptor): ArchiveError {
  return new ArchiveError(`the blob ${digest} has another content than its name says`);
}
