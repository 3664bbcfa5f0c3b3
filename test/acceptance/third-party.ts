import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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

/**
 * Makes a `.cnb` file as `pack buildpack package` does: an uncompressed tar of an OCI image layout, one layer a buildpack
 * with absolute names. The first one is what the package is about.
 */
export async function packCnb(
  file: string,
  buildpacks: readonly { readonly id: string; readonly version: string; readonly files: Files }[],
  spoilt: Spoilt = {},
): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), "portside-cnb-"));
  try {
    const layout = join(scratch, "layout");
    const blobs = join(layout, "blobs/sha256");
    mkdirSync(blobs, { recursive: true });
    const put = (bytes: Buffer, mediaType: string): Blob => {
      const hex = createHash("sha256").update(bytes).digest("hex");
      writeFileSync(join(blobs, hex), bytes);
      return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
    };
    const layers: Blob[] = [];
    const named: Record<string, Record<string, { layerDiffID: string }>> = {};
    for (const { id, version, files } of buildpacks) {
      const root = join(scratch, `layer-${layers.length}`);
      writeFiles(join(root, "cnb/buildpacks", id.replaceAll("/", "_"), version), files);
      const tar = join(scratch, `layer-${layers.length}.tar`);
      const rename = spoilt.rename ?? ((path: string): string => `/${path}`);
      await create(
        {
          cwd: root,
          file: tar,
          portable: true,
          preservePaths: true,
          onWriteEntry: (entry) => (entry.path = rename(entry.path)),
        },
        ["cnb"],
      );
      const layer = put(readFileSync(tar), "application/vnd.oci.image.layer.v1.tar");
      layers.push(layer);
      named[id] = { ...named[id], [version]: { layerDiffID: layer.digest } };
    }
    const last = layers.at(-1);
    if (spoilt.wrongDigest === true && last !== undefined) {
      const path = join(blobs, last.digest.slice("sha256:".length));
      const bytes = readFileSync(path);
      bytes[bytes.length - 1] = 1;
      writeFileSync(path, bytes);
    }
    const [main] = buildpacks;
    const Labels = spoilt.labels ?? {
      "io.buildpacks.buildpackage.metadata": JSON.stringify({ id: main?.id, version: main?.version }),
      "io.buildpacks.buildpack.layers": JSON.stringify(named),
    };
    const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
    const config = put(
      json({
        os: "linux",
        architecture: "amd64",
        config: { Labels },
        rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
      }),
      "application/vnd.oci.image.config.v1+json",
    );
    const manifest = put(json({ schemaVersion: 2, config, layers }), "application/vnd.oci.image.manifest.v1+json");
    writeFileSync(join(layout, "index.json"), json({ schemaVersion: 2, manifests: [manifest] }));
    writeFileSync(join(layout, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
    await create({ cwd: layout, file, portable: true }, ["oci-layout", "index.json", "blobs"]);
    return statSync(file).isFile() ? file : "";
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
