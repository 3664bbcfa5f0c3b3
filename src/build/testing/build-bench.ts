import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { escapedId, type Buildpack } from "../buildpack-registry.ts";
import { parseBuildpackToml } from "../files/buildpack-toml.ts";
import type { BuildContext } from "../run-buildpack.ts";

/** A buildpack written for one test. `detect` and `build` are shell text; without them it passes and does nothing. */
export type FakeBuildpack = {
  readonly api?: string;
  readonly detect?: string;
  readonly build?: string;
  /** Lines of `[buildpack]` besides id and version. */
  readonly extra?: string;
  readonly keepsLayerFiles?: boolean;
};

/** Files by path; their content. */
export type Tree = Readonly<Record<string, string>>;

/** A temporary place to run single phases in, with buildpacks made on the spot. For tests. */
export class BuildBench {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "portside-build-")));
  /** `source: line`, in order. */
  readonly output: string[] = [];

  /** Removes everything. */
  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Writes files below the root. */
  write(tree: Tree, under = "."): string {
    const base = join(this.root, under);
    mkdirSync(base, { recursive: true });
    for (const [path, content] of Object.entries(tree)) {
      mkdirSync(dirname(join(base, path)), { recursive: true });
      writeFileSync(join(base, path), content);
    }
    return base;
  }

  /** A buildpack on disk below `buildpacks/`. */
  buildpack(id: string, fake: FakeBuildpack = {}): Buildpack {
    const directory = join(this.root, "buildpacks", escapedId(id));
    const metadata = fake.keepsLayerFiles === true ? "[metadata]\nkeeps-layer-files = true\n" : "";
    const toml = `api = "${fake.api ?? "0.10"}"\n[buildpack]\nid = "${id}"\nversion = "1.0.0"\n${fake.extra ?? ""}\n${metadata}`;
    mkdirSync(join(directory, "bin"), { recursive: true });
    writeFileSync(join(directory, "buildpack.toml"), toml);
    for (const program of ["detect", "build"] as const) {
      writeFileSync(join(directory, "bin", program), `#!/bin/sh\n${fake[program] ?? "exit 0"}\n`, { mode: 0o755 });
    }
    return { ...parseBuildpackToml(toml), directory };
  }

  /** A context whose directories exist, below `name`. */
  context(name = "one", more: Partial<BuildContext> = {}): BuildContext {
    const at = (part: string): string => join(this.root, name, part);
    const directories = {
      app: at("app"),
      layers: at("layers"),
      scratch: at("scratch"),
      platform: at("scratch/platform"),
      buildConfig: join(this.root, "build-config"),
    };
    for (const directory of [directories.app, directories.layers, directories.platform])
      mkdirSync(directory, { recursive: true });
    return {
      directories,
      target: { os: "linux", arch: "amd64", distroName: "debian", distroVersion: "12" },
      environment: { PATH: "/usr/bin:/bin", HOME: at("scratch") },
      network: {},
      onOutput: (source, line) => this.output.push(`${source}: ${line}`),
      signal: new AbortController().signal,
      ...more,
    };
  }
}
