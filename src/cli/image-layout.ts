import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { writeFileAtomic } from "../lib/files.ts";
import { usageError } from "./failure.ts";

const REF_NAME = "org.opencontainers.image.ref.name";
/** All that a layout consists of; nothing else in the tar is written. */
const PARTS = /^(oci-layout|index\.json|blobs\/sha256\/[0-9a-f]{64})$/;
const FILE_MODE = 0o644;

/** An entry of `index.json`; whatever else it holds is kept. */
type Entry = { readonly annotations?: Readonly<Record<string, string>> };

/** Throws a usage error unless the directory is new, empty, or an OCI image layout. */
export function checkLayoutDirectory(directory: string): void {
  if (!existsSync(directory) || existsSync(join(directory, "oci-layout"))) return;
  if (readdirSync(directory).length > 0)
    throw usageError(`${directory} is neither empty nor an OCI image layout.`, "Choose another folder.");
}

/**
 * Puts the one image of a layout's tar into a layout on disk, under a tag, which an image that had it loses. Blobs come first,
 * the index last, so that a broken connection leaves no half image behind.
 */
export async function writeLayout(
  tar: AsyncIterable<Buffer>,
  to: { readonly directory: string; readonly tag: string; readonly signal: AbortSignal },
): Promise<void> {
  const { extract } = await import("tar");
  const incoming = join(to.directory, ".incoming");
  mkdirSync(join(to.directory, "blobs/sha256"), { recursive: true });
  rmSync(incoming, { recursive: true, force: true });
  mkdirSync(incoming);
  try {
    const filter = (path: string): boolean => PARTS.test(path);
    await pipeline(tar, extract({ cwd: incoming, filter, strict: true }) as unknown as NodeJS.WritableStream, {
      signal: to.signal,
    });
    moveBlobs(incoming, to.directory);
    const [image] = readIndex(join(incoming, "index.json"));
    const others = readIndex(join(to.directory, "index.json")).filter(
      (entry) => entry.annotations?.[REF_NAME] !== to.tag,
    );
    const manifests = [...others, { ...image, annotations: { ...image?.annotations, [REF_NAME]: to.tag } }];
    const index = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests };
    writeFileAtomic(join(to.directory, "oci-layout"), readFileSync(join(incoming, "oci-layout")), FILE_MODE);
    writeFileAtomic(join(to.directory, "index.json"), JSON.stringify(index), FILE_MODE);
  } finally {
    rmSync(incoming, { recursive: true, force: true });
  }
}

function moveBlobs(from: string, to: string): void {
  for (const name of readdirSync(join(from, "blobs/sha256")))
    renameSync(join(from, "blobs/sha256", name), join(to, "blobs/sha256", name));
}

function readIndex(path: string): readonly Entry[] {
  if (!existsSync(path)) return [];
  const { manifests } = JSON.parse(readFileSync(path, "utf8")) as { readonly manifests?: readonly Entry[] };
  return manifests ?? [];
}
