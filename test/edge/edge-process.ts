import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "../../src/lib/files.ts";
import type { AccessLogEntry } from "../../src/model/home.ts";
import type { EdgeStatus } from "../../src/model/route-table.ts";

const BINARY = fileURLToPath(new URL("../../bin/portside-edge.ts", import.meta.url));
const WAIT_MS = 8_000;

/** A target as tests write it; `port` of a backend on loopback. */
export type TestTarget = { readonly instance: string; readonly port: number };
export type TestRoute = {
  readonly app: string;
  readonly hosts: readonly string[];
  readonly state?: string;
  readonly targets?: readonly TestTarget[];
};

/** The real edge process in a directory of its own. */
export class EdgeProcess {
  readonly directory = mkdtempSync(join(tmpdir(), "edge-"));
  readonly table = join(this.directory, "routes.json");
  readonly socket = join(this.directory, "edge.sock");
  readonly accessLog = join(this.directory, "access.ndjson");
  child!: ChildProcess; // set by start(), before anything else is called
  port = 0;
  output = "";
  #version = 0;

  async start(limits: Readonly<Record<string, number>> = {}, extra: readonly string[] = []): Promise<this> {
    const args = [
      "--table",
      this.table,
      "--socket",
      this.socket,
      "--access-log",
      this.accessLog,
      "--host",
      "127.0.0.1",
    ];
    const argv = [BINARY, ...args, "--port", "0", "--limits", JSON.stringify(limits), ...extra];
    this.child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "pipe"], env: {} });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    await until(
      "the edge listens",
      () => this.events("listening").length > 0 || this.child.exitCode !== null,
      () => this.output,
    );
    this.port = Number(this.events("listening")[0]?.["port"] ?? 0);
    return this;
  }

  /** Replaces the table and waits until the edge serves it. */
  async route(...routes: readonly TestRoute[]): Promise<number> {
    const version = this.writeTable(...routes);
    await until("the table is served", async () => (await this.status()).tableVersion === version);
    return version;
  }

  writeTable(...routes: readonly TestRoute[]): number {
    this.#version += 1;
    const table = {
      schema: 1,
      version: this.#version,
      routes: routes.map(({ app, hosts, state = "serving", targets = [] }) => ({
        app,
        hosts,
        state,
        targets: targets.map((target, index) => ({ ...target, name: `web.${index + 1}`, host: "127.0.0.1" })),
      })),
    };
    writeFileAtomic(this.table, JSON.stringify(table));
    return this.#version;
  }

  status(): Promise<EdgeStatus & { openCount: number; counters: Record<string, number> }> {
    return this.ask("GET", "/status") as Promise<EdgeStatus & { openCount: number; counters: Record<string, number> }>;
  }

  ask(method: string, path: string, body?: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const req = request({ socketPath: this.socket, method, path, agent: false }, (res) => {
        let text = "";
        res.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        res.on("end", () => resolve(JSON.parse(text)));
      });
      req.on("error", reject);
      req.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  events(name: string): Record<string, unknown>[] {
    return this.output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((event) => event["event"] === name);
  }

  accessEntries(): AccessLogEntry[] {
    if (!existsSync(this.accessLog)) return [];
    return readFileSync(this.accessLog, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as AccessLogEntry);
  }

  /** The access lines once there are `count`. */
  async lines(count: number): Promise<string[]> {
    await until(
      `${count} access lines`,
      () => this.accessEntries().length >= count,
      () => JSON.stringify(this.accessEntries()),
    );
    return this.accessEntries().map((entry) => entry.line);
  }

  /** The first access line that holds the text. */
  async lineWith(text: string): Promise<string> {
    const find = (): string | undefined => this.accessEntries().find((entry) => entry.line.includes(text))?.line;
    await until(
      `a line with ${text}`,
      () => find() !== undefined,
      () => JSON.stringify(this.accessEntries()),
    );
    return find() ?? "";
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, "exit");
      this.child.kill(signal);
      await ended;
    }
    return this.child.exitCode;
  }

  async dispose(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Waits for an observed state, with a limit that names what was missing. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  evidence?: () => string,
): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}: ${evidence?.() ?? ""}`);
    await sleep(5);
  }
}
