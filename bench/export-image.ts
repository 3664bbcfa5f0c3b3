import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatMetadataToml } from "../src/build/files/metadata-toml.ts";
import { OciLayout } from "../src/build/image/oci-layout.ts";
import { exportSlugImage } from "../src/build/image/slug-image.ts";
import { emptyImage } from "../src/build/image/stored-image.ts";
import { seconds, spread, type Figure } from "./figures.ts";

const RUN_COUNT = 5;
const RATIO_MAX = 1.5;
const SLUG_BYTES = 100_000_000;
const MODULES = new URL("../node_modules", import.meta.url).pathname;

/**
 * A slug of 100 MB (copies of this checkout's dependencies, thousands of small files, and a program) to an OCI image layout, against
 * `tar | zstd` of the same directory. Both are run in turn, each from the page cache.
 */
export async function exportLayout(): Promise<Figure> {
  const root = mkdtempSync(join(tmpdir(), "portside-bench-export-"));
  try {
    makeSlug(root);
    const runs: { ownMs: number; tarMs: number }[] = [];
    for (let run = -1; run < RUN_COUNT; run += 1) {
      const tarMs = await timeTar(root);
      const ownMs = await timeExport(root);
      // The first one fills the page cache.
      if (run >= 0) runs.push({ ownMs, tarMs });
    }
    const own = spread(runs.map(({ ownMs }) => ownMs));
    const tar = spread(runs.map(({ tarMs }) => tarMs));
    const ratio = own.median / tar.median;
    return {
      name: "a slug of 100 MB to an OCI image layout, against `tar | zstd`",
      measured: `${ratio.toFixed(2)} ×`,
      target: `≤ ${RATIO_MAX} ×`,
      ok: ratio <= RATIO_MAX,
      note: `median of ${RUN_COUNT}: ${seconds(own.median)} (${seconds(own.min)}–${seconds(own.max)}) against ${seconds(tar.median)} (${seconds(tar.min)}–${seconds(tar.max)})`,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function makeSlug(root: string): void {
  for (const directory of ["app/node_modules", "layers/config"]) mkdirSync(join(root, directory), { recursive: true });
  let byteCount = 0;
  for (const name of readdirSync(MODULES).filter((one) => !one.startsWith("."))) {
    if (byteCount >= SLUG_BYTES) break;
    cpSync(join(MODULES, name), join(root, "app/node_modules", name), { recursive: true });
    byteCount += sizeOf(join(root, "app/node_modules", name));
  }
  const processes = [{ type: "web", command: ["/app"], args: [], direct: true, default: true, buildpackId: "b" }];
  const metadata = formatMetadataToml({ group: [], processes, labels: [], slices: [] });
  writeFileSync(join(root, "layers/config/metadata.toml"), metadata);
}

function sizeOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

async function timeExport(root: string): Promise<number> {
  const layout = join(root, "layout");
  const { signal } = new AbortController();
  const base = emptyImage({ os: "linux", architecture: "amd64" });
  const startedAt = performance.now();
  await exportSlugImage(
    {
      directory: root,
      base,
      runImage: { reference: base.reference },
      previous: undefined,
      compression: "zstd",
      tag: "v1",
      processType: undefined,
      officialLauncher: undefined,
      version: "",
      createdS: undefined,
      project: {},
      tell: () => undefined,
      signal,
    },
    new OciLayout(layout, signal),
  );
  const durationMs = performance.now() - startedAt;
  rmSync(layout, { recursive: true });
  return durationMs;
}

async function timeTar(root: string): Promise<number> {
  const startedAt = performance.now();
  const tar = spawn("tar", ["-C", root, "-cf", "-", "app", "layers"], { stdio: ["ignore", "pipe", "inherit"] });
  const zstd = spawn("zstd", ["-q", "-f", "-o", join(root, "reference.tar.zst")], {
    stdio: [tar.stdout, "ignore", "inherit"],
  });
  const [status] = (await once(zstd, "exit")) as [number | null];
  if (status !== 0) throw new Error(`tar | zstd ended with ${status}`);
  const durationMs = performance.now() - startedAt;
  rmSync(join(root, "reference.tar.zst"));
  return durationMs;
}
