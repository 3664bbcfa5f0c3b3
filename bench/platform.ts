import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endProcesses, findLeftovers } from "../tools/left-behind.ts";

const ROOT = join(import.meta.dirname, "..");
const COMMAND_LIMIT_MS = 120_000;

/** What one CLI command did. `wallMs` is from its start to its end, as a person waits for it. */
export type CommandResult = {
  readonly exitCode: number | null;
  readonly wallMs: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** A Portside of its own: home in a temporary directory, router on a free port, driven by the real CLI. */
export type Platform = {
  readonly port: number;
  /** A copy of the guestbook that a bench may change. */
  readonly appDir: string;
  /** Runs `portside …`; throws with its output when it fails. */
  portside(...args: string[]): Promise<CommandResult>;
  /** Process ids of control plane and router. */
  pids(): Promise<{ readonly control: number; readonly edge: number }>;
  /** Stops it and ends whatever is left, by process id. */
  close(): Promise<void>;
};

/** Starts a platform and deploys the guestbook to it as `guestbook`. */
export async function startPlatform(): Promise<Platform> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "pb-")));
  const appDir = join(base, "guestbook");
  cpSync(join(ROOT, "examples/guestbook"), appDir, { recursive: true });
  const env = { PATH: process.env["PATH"] ?? "", HOME: base, PORTSIDE_HOME: join(base, "home"), LANG: "C.UTF-8" };
  const portside = (...args: string[]): Promise<CommandResult> => runCli(args, { ...env, TMPDIR: base });
  const close = async (): Promise<void> => {
    await portside("down").catch((error: unknown) => console.error(error instanceof Error ? error.message : error));
    endProcesses(findLeftovers(base));
    rmSync(base, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await portside("up", "--no-deploy", "--port", String(await freePort()));
    const port = (await readStatus(portside)).edge.port;
    await portside("deploy", appDir, "--app", "guestbook");
    const pids = async (): Promise<{ control: number; edge: number }> => {
      const status = await readStatus(portside);
      return { control: status.pid, edge: status.edge.pid };
    };
    return { port, appDir, portside, pids, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function runCli(args: readonly string[], env: NodeJS.ProcessEnv): Promise<CommandResult> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(ROOT, "bin/portside.ts"), ...args], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: COMMAND_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => (output[stream] += text));
  await once(child, "exit");
  const wallMs = performance.now() - startedAt;
  if (child.exitCode !== 0)
    throw new Error(
      `portside ${args.join(" ")} ended with ${child.exitCode ?? child.signalCode}:\n${output.stdout}${output.stderr}`,
    );
  return { exitCode: child.exitCode, wallMs, ...output };
}

type Status = { readonly pid: number; readonly edge: { readonly pid: number; readonly port: number } };

async function readStatus(portside: Platform["portside"]): Promise<Status> {
  const { stdout } = await portside("status", "--json");
  return JSON.parse(stdout) as Status;
}

/** A TCP port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Puts a new text where the page's heading is: one changed line of source. */
export function changeHeading(appDir: string, heading: string): void {
  const path = join(appDir, "page.js");
  const changed = readFileSync(path, "utf8").replace(/<h1>.*<\/h1>/, `<h1>${heading}</h1>`);
  writeFileSync(path, changed);
}
