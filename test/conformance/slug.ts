import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Artifact } from "../../src/model/artifact.ts";
import type { LaunchProcess, LaunchStep } from "../../src/model/launch-plan.ts";

/** What a tiny artifact consists of: files below `app` (a path ending in `!` is executable) and how its one process starts. */
export type SlugContent = {
  readonly files?: Readonly<Record<string, string>>;
  readonly process: LaunchProcess;
  readonly steps?: readonly LaunchStep[];
};

let slugCount = 0;

/** A Procfile line: run by a shell. */
export function shellProcess(text: string): LaunchProcess {
  return { type: "web", command: [text], args: [], direct: false, default: true, buildpackId: "test/procfile" };
}

/** What a buildpack declares: executed as it stands. */
export function directProcess(...argv: string[]): LaunchProcess {
  return { type: "web", command: argv, args: [], direct: true, default: true, buildpackId: "test/direct" };
}

/** Writes an artifact below `root` without a build. Its digest is of nothing but its number. */
export function makeSlug(root: string, content: SlugContent): Artifact {
  slugCount += 1;
  const digest = createHash("sha256").update(`slug ${slugCount}`).digest("hex");
  const directory = join(root, "artifacts", digest);
  for (const below of ["app", "layers"]) mkdirSync(join(directory, below), { recursive: true });
  for (const [path, text] of Object.entries(content.files ?? {})) {
    const target = join(directory, "app", path.replace(/!$/, ""));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text, { mode: path.endsWith("!") ? 0o755 : 0o644 });
  }
  return {
    digest: `sha256:${digest}`,
    form: "slug",
    directory,
    processes: [content.process],
    launchPlan: { steps: content.steps ?? [] },
    buildpacks: [],
    builtAt: 0,
    sizeBytes: 0,
  };
}
