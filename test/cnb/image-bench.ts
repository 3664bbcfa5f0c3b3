import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { list, type ReadEntry } from "tar";
import { escapedId } from "../../src/build/buildpack-registry.ts";
import type { GroupElement } from "../../src/build/files/group-toml.ts";
import { formatMetadataToml, type MetadataToml } from "../../src/build/files/metadata-toml.ts";
import { readBuiltLayers } from "../../src/build/image/built-layers.ts";
import { planImageLaunch, type ImageLaunch } from "../../src/build/image/image-launch.ts";
import { fileEntry } from "../../src/build/image/layer-entries.ts";
import { digestOf } from "../../src/build/image/oci-documents.ts";
import { OciLayout } from "../../src/build/image/oci-layout.ts";
import type { Placement } from "../../src/build/image/placement.ts";
import { exportSlugImage, type SlugImage, type SlugImageRequest } from "../../src/build/image/slug-image.ts";
import {
  emptyImage,
  openStoredImage,
  openUncompressed,
  type StoredImage,
  type StoredLayer,
} from "../../src/build/image/stored-image.ts";
import { encodeTarHeader, TAR_END_BYTES, tarPaddingBytes } from "../../src/lib/tar-header.ts";
import type { LaunchProcess } from "../../src/model/launch-plan.ts";

/** Files by path below a directory; their content. A content that begins with `#!` makes a program. */
export type Tree = Readonly<Record<string, string>>;

/** A shell that a launcher is tried under. `path` is undefined where the machine lacks it. */
export type TestShell = { readonly name: string; readonly path: string | undefined; readonly isBash: boolean };

/** What a launched program did. */
export type Launched = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** An image that was made, and read back from its layout. */
export type Exported = SlugImage & {
  readonly log: readonly string[];
  readonly layout: string;
  readonly stored: StoredImage;
};

const PLATFORM = { os: "linux", architecture: "amd64" } as const;
const MIB = 1_048_576;
const LIMIT_MS = 20_000;

/** What a build leaves, made by hand in a temporary directory, and ways to start its processes. */
export class ImageBench {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "portside-image-")));
  readonly app = join(this.root, "app");
  readonly layers = join(this.root, "layers");

  constructor() {
    for (const directory of [this.app, join(this.layers, "config")]) mkdirSync(directory, { recursive: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  write(tree: Tree, under: string): void {
    for (const [path, content] of Object.entries(tree)) {
      mkdirSync(dirname(join(under, path)), { recursive: true });
      writeFileSync(join(under, path), content, { mode: content.startsWith("#!") ? 0o755 : 0o644 });
    }
  }

  /** A launch layer, `buildpack:layer`. */
  layer(id: string, tree: Tree, document = "[types]\nlaunch = true\n"): string {
    const [buildpack = "", name = ""] = id.split(":");
    const directory = join(this.layers, escapedId(buildpack), name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${directory}.toml`, document);
    this.write(tree, directory);
    return directory;
  }

  metadata(metadata: Partial<MetadataToml>): void {
    const whole = { group: [], processes: [], labels: [], slices: [], ...metadata };
    writeFileSync(join(this.layers, "config/metadata.toml"), formatMetadataToml(whole));
  }

  /** App and layers where they are. */
  get placement(): Placement {
    return { app: { from: this.app, to: this.app }, layers: { from: this.layers, to: this.layers } };
  }

  /** How an image of this on a run image with that shell would start. */
  planLaunch(shell: TestShell, processType?: string): ImageLaunch {
    const path = this.#shellPath(shell);
    return planImageLaunch({
      built: readBuiltLayers(this.layers),
      placement: this.placement,
      base: emptyImage({ os: "linux", architecture: "amd64" }),
      contents: {
        shell: { path, isBash: shell.isBash },
        awk: findProgram("awk") ?? "/usr/bin/awk",
        passwd: "",
        group: "",
      },
      processType,
      officialLauncher: undefined,
      version: "1.0.0",
    });
  }

  /** busybox is told by its name what to be. */
  #shellPath({ path = "/bin/sh" }: TestShell): string {
    if (!path.endsWith("busybox")) return path;
    const link = join(this.root, "bin/sh");
    mkdirSync(dirname(link), { recursive: true });
    if (!existsSync(link)) symlinkSync(path, link);
    return link;
  }

  /** Makes the slug an image in `<root>/../<name>`; on an empty base unless one is given. */
  async export(more: Partial<SlugImageRequest> & { readonly into?: string } = {}): Promise<Exported> {
    const layout = more.into ?? join(this.root, "layout");
    const base = more.base ?? this.base();
    const log: string[] = [];
    const { signal } = new AbortController();
    const request: SlugImageRequest = {
      directory: this.root,
      base,
      runImage: { reference: base.reference },
      previous: undefined,
      compression: "zstd",
      tag: "v1",
      processType: undefined,
      officialLauncher: undefined,
      version: "1.2.3",
      createdS: undefined,
      project: {},
      tell: (line) => log.push(line),
      signal,
      ...more,
    };
    const image = await exportSlugImage(request, new OciLayout(layout, signal));
    return { ...image, log, layout, stored: openStoredImage(layout, { ...PLATFORM, tag: request.tag }) };
  }

  /** A run image of one layer with `/bin/sh`, `/bin/bash` and `/usr/bin/awk` as asked; files that say so and nothing more. */
  base(programs: readonly string[] = ["bin/sh"], config: Readonly<Record<string, unknown>> = {}): StoredImage {
    const files = programs.map((path) => fileEntry(path, Buffer.from("#!"), 0o755));
    const bytes = Buffer.concat([
      ...files.flatMap((entry) => [
        encodeTarHeader(entry),
        entry.content ?? Buffer.alloc(0),
        Buffer.alloc(tarPaddingBytes(entry.sizeBytes)),
      ]),
      Buffer.alloc(TAR_END_BYTES),
    ]);
    const diffId = digestOf(bytes);
    const whole = { ...PLATFORM, config, rootfs: { type: "layers", diff_ids: [diffId] }, history: [] };
    const blob = {
      compression: "none",
      sizeBytes: bytes.length,
      digest: diffId,
      open: () => Readable.from([bytes]),
    } as const;
    return { reference: diffId, config: whole, configText: JSON.stringify(whole), layers: [{ diffId, blob }] };
  }

  /** Puts the generated launcher and its links below `cnb/`, as in an image. */
  install(shell: TestShell): void {
    const { launcher } = this.planLaunch(shell);
    const cnb = join(this.root, "cnb");
    rmSync(cnb, { recursive: true, force: true });
    for (const directory of ["lifecycle", "process"]) mkdirSync(join(cnb, directory), { recursive: true });
    writeFileSync(join(cnb, "lifecycle/launcher"), launcher ?? "", { mode: 0o755 });
    for (const { type } of readBuiltLayers(this.layers).metadata.processes)
      symlinkSync(join(cnb, "lifecycle/launcher"), join(cnb, "process", type));
  }

  /** Starts `/cnb/process/<type>`, or the launcher itself for an empty type. */
  start(type: string, words: readonly string[], options: { env?: Tree; stdin?: string } = {}): Promise<Launched> {
    const program = join(this.root, "cnb", type === "" ? "lifecycle/launcher" : `process/${type}`);
    // bash reads ~/.bashrc when its input is a socket, as a test's is.
    const env = { PATH: "/cnb/process:/cnb/lifecycle:/usr/bin:/bin", HOME: "/nowhere", ...options.env };
    return runProgram([program, ...words], { env, cwd: "/", stdin: options.stdin ?? "" });
  }
}

/** A direct process of one buildpack. */
export function processOf(more: Partial<LaunchProcess>): LaunchProcess {
  return { type: "web", command: ["true"], args: [], direct: true, default: false, buildpackId: "bp", ...more };
}

/** A buildpack that took part. */
export function element(id: string, api = "0.10"): GroupElement {
  return { id, version: "1.0.0", api };
}

/** Two buildpacks with a layer each, an app, three processes. */
export function simpleBuild(bench: ImageBench): void {
  bench.layer(
    "org/a:z",
    { "bin/tool": "#!/bin/sh\n", "env/A": "1" },
    '[types]\nlaunch = true\ncache = true\n[metadata]\nversion = "24"\nsize = 9007199254740993\n',
  );
  bench.layer("org/a:b", { file: "x" });
  bench.layer("org/a:build-only", { file: "x" }, "[types]\nbuild = true\n");
  bench.layer("c:l", { "lib/x": "" });
  bench.write({ "store.toml": '[metadata]\nkey = "value"\n' }, join(bench.layers, "c"));
  bench.write({ "server.js": "x", "public/a.txt": "a" }, bench.app);
  const processes = [
    processOf({ type: "web", default: true, command: ["server"], args: ["a"] }),
    processOf({ type: "worker", direct: false, command: ["work && more"], workingDir: join(bench.app, "sub") }),
  ];
  bench.metadata({
    group: [{ ...element("org/a", "0.9"), homepage: "https://a" }, element("c")],
    processes,
    labels: [{ key: "org.team", value: "red" }],
  });
}

/** What a layer's tar holds: `path mode uid:gid`, links with their target, in order. */
export async function listLayer(layer: StoredLayer | undefined): Promise<readonly string[]> {
  const lines: string[] = [];
  await readLayer(layer, (entry) => {
    const target = entry.type === "SymbolicLink" ? ` -> ${entry.linkpath}` : "";
    const name = entry.type === "Directory" ? `${entry.path.replace(/\/$/, "")}/` : entry.path;
    lines.push(`${name} ${((entry.mode ?? 0) & 0o7777).toString(8)} ${entry.uid}:${entry.gid}${target}`);
    assert.equal(entry.mtime?.toISOString(), "1980-01-01T00:00:01.000Z");
    entry.resume();
  });
  return lines;
}

/** The text of a file in a layer. */
export async function readFromLayer(layer: StoredLayer | undefined, path: string): Promise<string> {
  const chunks: Buffer[] = [];
  await readLayer(layer, (entry) => {
    if (entry.path === path) entry.on("data", (chunk: Buffer) => chunks.push(chunk));
    else entry.resume();
  });
  return Buffer.concat(chunks).toString();
}

async function readLayer(layer: StoredLayer | undefined, onReadEntry: (entry: ReadEntry) => void): Promise<void> {
  assert.ok(layer !== undefined);
  const chunks: Buffer[] = [];
  for await (const chunk of openUncompressed(layer) as AsyncIterable<Buffer>) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  // tar 7.5 takes nothing but the end for no tar at all.
  if (bytes.every((byte) => byte === 0)) return assert.equal(bytes.length, TAR_END_BYTES);
  const parser = list({ preservePaths: true, strict: true, onReadEntry });
  await pipeline(Readable.from([bytes]), parser as unknown as NodeJS.WritableStream);
}

/** Runs a program to its end. */
export function runProgram(
  argv: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly cwd: string; readonly stdin?: string },
): Promise<Launched> {
  return new Promise((resolve, reject) => {
    const [file = "", ...args] = argv;
    const child = spawn(file, args, { env: options.env, cwd: options.cwd, timeout: LIMIT_MS });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        if (output[name].length < MIB) output[name] += text;
      });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...output }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.stdin ?? "");
  });
}

/** The absolute path of a program of this machine, if there is one. */
export function findProgram(name: string): string | undefined {
  return ["/usr/bin", "/bin", ...(process.env["PATH"] ?? "").split(delimiter)]
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
