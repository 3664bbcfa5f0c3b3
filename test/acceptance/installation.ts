import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { askEdge } from "../../src/control/routes/edge-client.ts";
import { homeAt, type Home, type ServerFile } from "../../src/model/home.ts";

export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const CLI = join(REPOSITORY, "bin/portside.ts");
const LIMIT_MS = 120_000;

export type CliResult = {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
};
export type Answer = { readonly status: number; readonly body: string; readonly headers: IncomingMessage["headers"] };

/** One Portside of its own, in a temporary home, driven through the real command line. */
export class Installation {
  readonly root = mkdtempSync(join(tmpdir(), "portside-story-"));
  readonly home: Home = homeAt(join(this.root, "home"));
  readonly #env: Record<string, string>;

  constructor(env: Readonly<Record<string, string>> = {}) {
    const base = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: this.root, LANG: "C.UTF-8" };
    this.#env = { ...base, PORTSIDE_HOME: this.home.root, PORTSIDE_PORT: "18080", PORTSIDE_BOOT_TIMEOUT: "4", ...env };
  }

  /** A folder with these files, executable where the name ends in `.sh`. */
  folder(name: string, files: Readonly<Record<string, string>>): string {
    const directory = join(this.root, "apps", name);
    for (const [path, text] of Object.entries(files)) writeTree(join(directory, path), text);
    return directory;
  }

  /** Runs `portside …` to its end. */
  run(
    args: readonly string[],
    options: {
      readonly env?: Readonly<Record<string, string>>;
      readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
    } = {},
  ): Promise<CliResult> {
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [CLI, ...args], {
        env: { ...this.#env, ...options.env },
        stdio: ["ignore", "pipe", "pipe"],
        cwd: this.root,
      });
      const out = { stdout: "", stderr: "" };
      for (const stream of ["stdout", "stderr"] as const)
        child[stream].setEncoding("utf8").on("data", (text: string) => (out[stream] += text));
      const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
      options.onStart?.((signal) => child.kill(signal));
      child.on("error", reject);
      child.on("close", (exitCode) => {
        clearTimeout(timer);
        resolve({ exitCode, ...out, durationMs: performance.now() - startedAt });
      });
    });
  }

  /** Runs it and throws, with all it printed, unless it ends with 0. */
  async ok(...args: string[]): Promise<CliResult> {
    const result = await this.run(args);
    if (result.exitCode !== 0)
      throw new Error(`portside ${args.join(" ")} ended with ${result.exitCode}\n${result.stdout}\n${result.stderr}`);
    return result;
  }

  /** The one JSON document a command prints. */
  async json<T>(...args: string[]): Promise<T> {
    const { stdout } = await this.ok(...args, "--json");
    return JSON.parse(stdout) as T;
  }

  /** A request through the router. */
  async get(app: string, path = "/"): Promise<Answer> {
    const port = (await askEdge(this.home.edgeSocket))?.port;
    if (port === undefined) throw new Error("the edge does not answer");
    return httpGet({ port, path, host: `${app}.localhost` });
  }

  serverPid(): number {
    return (JSON.parse(readFileSync(this.home.serverFile, "utf8")) as ServerFile).pid;
  }

  isRunning(): boolean {
    return existsSync(this.home.serverFile);
  }

  /** Stops everything it started and removes its files. */
  async remove(): Promise<void> {
    if (existsSync(this.home.root)) {
      const down = await this.run(["down"]);
      if (down.exitCode !== 0) {
        process.stderr.write(`down failed:\n${down.stdout}${down.stderr}\n${readIf(this.home.serverLog)}\n`);
      }
      const edge = await askEdge(this.home.edgeSocket);
      if (edge !== undefined) process.kill(edge.pid, "SIGKILL");
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function httpGet(options: {
  readonly port: number;
  readonly path: string;
  readonly host: string;
  readonly method?: string;
}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port, path, host, method = "GET" } = options;
    const sent = request(
      { host: "127.0.0.1", port, path, method, headers: { host }, agent: false, timeout: 30_000 },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => (body += text));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
        response.on("error", reject);
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("timeout")));
    sent.on("error", reject);
    sent.end();
  });
}

/** Looks again until it holds. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined, limitMs = 15_000): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await Promise.resolve(look()).catch(() => undefined);
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`did not come true within ${limitMs} ms: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function writeTree(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: path.endsWith(".sh") ? 0o755 : 0o644 });
}

function readIf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
