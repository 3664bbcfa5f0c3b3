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
  const env = { ...SHIM_ENV, PORTSIDE_E0: "PORTSIDE=$(x) 'y'\n" };
  const result = await exec(["env", "-i", "-S", '-- "${PORTSIDE_E0}"', "env"], { cwd: "/", env, limitMs: 10_000 });
  return result.exitCode === 0 && result.stdout === `${env.PORTSIDE_E0}\n` ? "split" : "export";
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
  const env = Object.fromEntries(entries.map((entry, index) => [`PORTSIDE_E${index}`, entry]));
  const argv: [string, ...string[]] = [
    "/bin/sh",
    SHIM,
    "adopt",
    directory.state,
    order.attempt,
    order.passing,
    String(entries.length),
    order.cwd,
    ...order.argv,
  ];
  return { argv, env: { ...SHIM_ENV, ...env } };
}

/** Whether these arguments are still those of the shim or of `env`, on the way to the program. */
export function isOnTheWay(argv: readonly string[], directory: InstanceDirectory): boolean {
  return argv[0] === "env"
    ? argv[1] === "-i" && argv[2] === "-S"
    : argv.includes(directory.state) && argv.includes("become");
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
    const isGone = shim.ended() !== undefined && !hasOtherShim(directory, shim.pid);
    if (isGone && !isRecorded()) throw new Error(`the shim ended at once (${describeEnd(shim)})`);
    await waitForFileChange(directory.state, {
      clock,
      limitMs: START_POLL_MS,
      pollMs: START_POLL_MS,
      wake: [signal],
      hasChanged: isRecorded,
    });
  }
}

/** Whether another shim has won the claim: an earlier start of this attempt that was slower to begin than to be repeated. */
function hasOtherShim(directory: InstanceDirectory, pid: number): boolean {
  const claim = directory.readClaim();
  return claim === "unfinished" || (typeof claim === "object" && claim.pid !== pid);
}

function describeEnd(shim: DetachedProgram): string {
  const end = shim.ended();
  return end?.signal ?? `exit code ${end?.code ?? "unknown"}`;
}
