import { renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import { treeBytes, treeDigest } from "../lib/tree.ts";
import type { Artifact } from "../model/artifact.ts";
import type { Digest } from "../model/source.ts";
import { artifactDigestOf, type ArtifactStore } from "./artifact-store.ts";

/** An artifact whose app files are others, and who writes them. */
export type Derivation = {
  readonly base: Artifact;
  /** Writes the whole app into a directory that is not there yet. */
  readonly writeApp: (directory: string, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
};

/**
 * The artifact with these app files: `base` itself when they are the same as its own, else one named by `base` and by what
 * the files are, so that equal changes make one artifact. Its layers are the base's own, which therefore has to stay as long as it does.
 * Safe to repeat; leaves nothing behind when it fails. Decision 0030.
 */
export async function deriveArtifact(store: ArtifactStore, clock: Clock, derivation: Derivation): Promise<Artifact> {
  const { base, writeApp, signal } = derivation;
  const staging = store.newStaging();
  try {
    const app = join(staging, "app");
    await writeApp(app, signal);
    const content = await treeDigest(app, signal);
    if (content === (await treeDigest(join(base.directory, "app"), signal))) return base;
    const digest = artifactDigestOf({ base: base.digest, app: content });
    const known = store.find(digest);
    if (known !== undefined) return known;
    symlinkSync(join(base.directory, "layers"), join(staging, "layers"));
    const sizeBytes = await treeBytes(app, signal);
    store.remove(digest);
    renameSync(staging, store.directoryOf(digest));
    const artifact = moved(base, { digest, directory: store.directoryOf(digest) });
    const derived = { ...artifact, derivedFrom: base.digest, builtAt: clock.now(), sizeBytes };
    store.commit(derived);
    return derived;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** The build wrote down where the app lay then. */
function moved(base: Artifact, to: { readonly digest: Digest; readonly directory: string }): Artifact {
  const quoted = (path: string): string => JSON.stringify(join(path, "app")).slice(1, -1);
  const relocate = <Value>(value: Value): Value =>
    JSON.parse(JSON.stringify(value).replaceAll(quoted(base.directory), quoted(to.directory))) as Value;
  return { ...base, ...to, processes: relocate(base.processes), launchPlan: relocate(base.launchPlan) };
}
