import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";

/** Files of a package, by path; a name in `bin/` is made executable. */
export type PackageFiles = Readonly<Record<string, string>>;

/**
 * A npm registry on the loopback address, in a thread of its own: tests wait for programs without letting anything else run.
 * `token`, when given, is asked for; `spoils` makes it send other bytes than it announces.
 */
export class Registry {
  readonly #directory = mkdtempSync(join(tmpdir(), "registry-"));
  readonly #packages: Record<string, { name: string; versions: Record<string, unknown> }> = {};
  #worker: Worker | undefined;
  url = "";

  async start(options: { token?: string; spoils?: boolean } = {}): Promise<this> {
    this.#worker = new Worker(new URL("registry-worker.ts", import.meta.url), {
      workerData: { directory: this.#directory, ...options },
    });
    const [port] = (await once(this.#worker, "message")) as [number];
    this.url = `http://127.0.0.1:${port}/`;
    return this;
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Publishes a version; gives the sha512 of its archive, in hex. */
  publish(name: string, version: string, files: PackageFiles): string {
    const tree = join(this.#directory, "tree");
    rmSync(tree, { recursive: true, force: true });
    for (const [path, content] of Object.entries(files)) {
      const file = join(tree, "package", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content, { mode: path.startsWith("bin/") ? 0o755 : 0o644 });
    }
    const archive = `${name.replaceAll("/", "-")}-${version}.tgz`;
    const { status } = spawnSync("tar", ["-czf", join(this.#directory, archive), "-C", tree, "package"]);
    if (status !== 0) throw new Error("tar failed");
    const bytes = readFileSync(join(this.#directory, archive));
    const known = (this.#packages[name] ??= { name, versions: {} });
    const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
    known.versions[version] = { name, version, dist: { integrity, tarball: `${this.url}-/${archive}` } };
    writeFileSync(
      join(this.#directory, encodeURIComponent(name)),
      JSON.stringify({ ...known, "dist-tags": { latest: version } }),
    );
    return createHash("sha512").update(bytes).digest("hex");
  }

  /** Paths that were asked for. */
  asked(): string[] {
    const copy = join(this.#directory, "asked-copy");
    try {
      cpSync(join(this.#directory, "asked"), copy);
    } catch {
      return [];
    }
    return readFileSync(copy, "utf8").trimEnd().split("\n");
  }
}

/** A loopback port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}
