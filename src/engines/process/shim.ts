import { fileURLToPath } from "node:url";
import type { Clock } from "../../lib/clock.ts";
import { startDetached, type DetachedProgram } from "../../lib/detached.ts";
import { exec } from "../../lib/exec.ts";
import { waitForFileChange } from "../../lib/file-change.ts";
import type { InstanceDirectory } from "./instance-directory.ts";

const SHIM = fileURLToPath(new URL("shim.sh", import.meta.url));

/** What the shim and our own helper programs run with: never the program's environment, never the platform's. */
export const SHIM_ENV: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
};

/** How the environment reaches the program. `split`: byte for byte. `export`: a shell's own variables may change on the way. */
export type EnvPassing = "split" | "export";

/** Asks the machine's `env` whether it can split a template by itself (GNU 8.30 and later, BSD, macOS; not busybox). */
export async function detectEnvPassing(): Promise<EnvPassing> {
  const env = { ...SHIM_ENV, E0: "PORTSIDE=$(x) 'y'\n" };
  const result = await exec(["env", "-i", "-S", templateFor(1), "env"], { cwd: "/", env, limitMs: 10_000 });
  return result.exitCode === 0 && result.stdout === `${env.E0}\n` ? "split" : "export";
}

/** What the shim is to start, and under which attempt of the directory. */
export type ShimOrder = {
  readonly attempt: string;
  readonly passing: EnvPassing;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
};

/** Arguments and environment of the shim. Values of the environment stand in no argument, whatever it becomes on its way. */
export function planShim(
  directory: InstanceDirectory,
  order: ShimOrder,
): { argv: [string, ...string[]]; env: Record<string, string> } {
  const entries = Object.entries(order.env).map(([name, value]) => `${name}=${value}`);
  const template = order.passing === "split" ? templateFor(entries.length) : String(entries.length);
  const env = Object.fromEntries(entries.map((entry, index) => [`E${index}`, entry]));
  const argv: [string, ...string[]] = [
    "/bin/sh",
    SHIM,
    "adopt",
    directory.state,
    order.attempt,
    order.passing,
    template,
    order.cwd,
    ...order.argv,
  ];
  return { argv, env: { ...SHIM_ENV, ...env } };
}

/** `-- "${E0}" "${E1}"`: env's own language, not a shell's. What a variable holds is taken as it is. */
function templateFor(count: number): string {
  return ["--", ...Array.from({ length: count }, (_, index) => `"\${E${index}}"`)].join(" ");
}

/** Whether these arguments are still those of the shim or of `env`, on the way to the program. */
export function isOnTheWay(argv: readonly string[], directory: InstanceDirectory): boolean {
  return argv[0] === "env"
    ? argv[1] === "-i" && argv[2] === "-S"
    : argv.includes(directory.state) && argv.includes("program");
}

const START_POLL_MS = 20;

/**
 * Starts the shim and waits until it has recorded the program (or the program's end).
 * Rejects when the shim ends without it, or the signal aborts; the shim then goes on by itself.
 */
export async function startShim(
  directory: InstanceDirectory,
  order: ShimOrder,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const { argv, env } = planShim(directory, order);
  const shim = await startDetached(argv, { cwd: directory.path, env, logFile: directory.output });
  const isRecorded = (): boolean => directory.readProgram() !== undefined || directory.readExit() !== undefined;
  while (!isRecorded()) {
    signal.throwIfAborted();
    if (shim.ended() !== undefined && !isRecorded()) throw new Error(`the shim ended at once (${describeEnd(shim)})`);
    await waitForFileChange(directory.state, { clock, limitMs: START_POLL_MS, wake: [signal], hasChanged: isRecorded });
  }
}

function describeEnd(shim: DetachedProgram): string {
  const end = shim.ended();
  return end?.signal ?? `exit code ${end?.code ?? "unknown"}`;
}
