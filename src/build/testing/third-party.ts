import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { create } from "tar";

/** Files by path. What lies below a `bin` is executable. */
export type Files = Readonly<Record<string, string>>;

/** Writes files below a directory, and gives it. */
export function writeFiles(directory: string, files: Files): string {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    if (/(?:^|\/)bin\/[^/]+$/.test(path)) chmodSync(file, 0o755);
  }
  return directory;
}

/** A buildpack as a third party would write it. */
export function scriptBuildpack(
  id: string,
  scripts: { readonly detect?: string; readonly build?: string; readonly version?: string } = {},
): Files {
  const { detect = "exit 0", build = "exit 0", version = "1.0.0" } = scripts;
  return {
    "buildpack.toml": `api = "0.10"\n\n[buildpack]\nid = "${id}"\nversion = "${version}"\n\n[[targets]]\nos = "linux"\n\n[[targets]]\nos = "darwin"\n`,
    "bin/detect": `#!/bin/sh\n${detect}\n`,
    "bin/build": `#!/bin/sh\n${build}\n`,
  };
}

/** Provides `some-world`, which `hello-world` requires together with a message. */
export const HELLO_MOON: Files = scriptBuildpack("example/hello-moon", {
  detect: `printf '[[provides]]\\nname = "some-world"\\n' >"$CNB_BUILD_PLAN_PATH"`,
  build:
    `mkdir -p "$CNB_LAYERS_DIR/world/env"; printf moon >"$CNB_LAYERS_DIR/world/env/WORLD.override"\n` +
    `printf '[types]\\nlaunch = true\\nbuild = true\\n' >"$CNB_LAYERS_DIR/world.toml"`,
});

/** Requires `some-world`; writes what the web process shows. */
export const HELLO_WORLD: Files = scriptBuildpack("example/hello-world", {
  detect: `printf '[[requires]]\\nname = "some-world"\\n' >"$CNB_BUILD_PLAN_PATH"`,
  build: `echo "---> Hello $WORLD"; printf 'hello %s' "$WORLD" >greeting.txt`,
});

/** Stands for both, in the order that works. */
export const HELLO_BOTH: Files = {
  "buildpack.toml":
    'api = "0.10"\n\n[buildpack]\nid = "example/hello"\nversion = "2.0.0"\n\n[[order]]\n[[order.group]]\nid = "example/hello-moon"\nversion = "1.0.0"\n[[order.group]]\nid = "example/hello-world"\nversion = "1.0.0"\n',
};

/** A web process that shows a file of the app and two variables. */
export const SHOW_APP: Files = {
  Procfile: "web: node server.js\n",
  "server.js": `
    const { readFileSync, existsSync } = require("node:fs");
    const { WORLD = "", FROM_PROFILE = "" } = process.env;
    require("node:http").createServer((request, response) => {
      const text = existsSync("greeting.txt") ? readFileSync("greeting.txt", "utf8") : "none";
      response.end(JSON.stringify({ text, WORLD, FROM_PROFILE, cwd: process.cwd() }));
    }).listen(process.env.PORT, "0.0.0.0");
  `,
};

type Blob = { readonly mediaType: string; readonly digest: string; readonly size: number };

/** What a test may spoil in a package. */
export type Spoilt = {
  readonly labels?: Readonly<Record<string, string>>;
  /** Changes the bytes of the last layer after its digest was taken. */
  readonly wrongDigest?: boolean;
  /** Paths for the entries of the layers, instead of /cnb/buildpacks/… */
  readonly rename?: (path: string) => string;
};

/** A buildpack to pack. */
export type PackedBuildpack = { readonly id: string; readonly version: string; readonly files: Files };

/**
 * Makes a `.cnb` file as `pack buildpack package` does: an uncompressed tar of an OCI image layout, one layer a buildpack
 * with absolute names. The first one is what the package is about.
 */
export async function packCnb(
  file: string,
  buildpacks: readonly PackedBuildpack[],
  spoilt: Spoilt = {},
): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), "portside-cnb-"));
  try {
    const layout = join(scratch, "layout");
    mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
    const layers: Blob[] = [];
    const named: Record<string, Record<string, { layerDiffID: string }>> = {};
    for (const one of buildpacks) {
      const tar = await packLayer(join(scratch, `layer-${layers.length}`), one, spoilt.rename);
      const layer = putBlob(layout, tar, "application/vnd.oci.image.layer.v1.tar");
      layers.push(layer);
      named[one.id] = { ...named[one.id], [one.version]: { layerDiffID: layer.digest } };
    }
    if (spoilt.wrongDigest === true) spoilLastLayer(layout, layers);
    const [main] = buildpacks;
    writeImage(layout, layers, {
      "io.buildpacks.buildpackage.metadata": JSON.stringify({ id: main?.id, version: main?.version }),
      "io.buildpacks.buildpack.layers": JSON.stringify(named),
      ...(spoilt.labels === undefined ? {} : { ...NO_LABELS, ...spoilt.labels }),
    });
    await create({ cwd: layout, file, portable: true }, ["oci-layout", "index.json", "blobs"]);
    return file;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const NO_LABELS = {
  "io.buildpacks.buildpackage.metadata": undefined,
  "io.buildpacks.buildpack.layers": undefined,
};

async function packLayer(
  root: string,
  { id, version, files }: PackedBuildpack,
  rename = (path: string): string => `/${path}`,
): Promise<Buffer> {
  writeFiles(join(root, "cnb/buildpacks", id.replaceAll("/", "_"), version), files);
  const onWriteEntry = (entry: { path: string }): void => {
    entry.path = rename(entry.path);
  };
  await create({ cwd: root, file: `${root}.tar`, portable: true, preservePaths: true, onWriteEntry }, ["cnb"]);
  return readFileSync(`${root}.tar`);
}

function putBlob(layout: string, bytes: Buffer, mediaType: string): Blob {
  const hex = createHash("sha256").update(bytes).digest("hex");
  writeFileSync(join(layout, "blobs/sha256", hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
}

function spoilLastLayer(layout: string, layers: readonly Blob[]): void {
  const hex = layers.at(-1)?.digest.slice("sha256:".length) ?? "";
  const path = join(layout, "blobs/sha256", hex);
  const bytes = readFileSync(path);
  bytes[bytes.indexOf("#!/bin/sh")] = 1;
  writeFileSync(path, bytes);
}

function writeImage(
  layout: string,
  layers: readonly Blob[],
  Labels: Readonly<Record<string, string | undefined>>,
): void {
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const rootfs = { type: "layers", diff_ids: layers.map(({ digest }) => digest) };
  const image = { os: "linux", architecture: "amd64", config: { Labels }, rootfs };
  const config = putBlob(layout, json(image), "application/vnd.oci.image.config.v1+json");
  const document = json({ schemaVersion: 2, config, layers });
  const manifest = putBlob(layout, document, "application/vnd.oci.image.manifest.v1+json");
  writeFileSync(join(layout, "index.json"), json({ schemaVersion: 2, manifests: [manifest] }));
  writeFileSync(join(layout, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
}
