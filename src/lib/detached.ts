import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

/** Where and with what a detached program runs. */
export type DetachedOptions = {
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Both output streams are appended to this file (0600); absent: they are dropped. */
  readonly logFile?: string;
};

/** A program that goes on when we end. */
export type DetachedProgram = {
  readonly pid: number;
  /** How it ended, once it has; it does not keep us alive while it runs. */
  ended(): { readonly code: number | null; readonly signal: string | null } | undefined;
};

/**
 * Starts a program in a session of its own, from an argument list, and lets go of it.
 * Rejects when it cannot be started at all (ENOENT, EACCES …).
 */
export async function startDetached(
  argv: readonly [string, ...string[]],
  options: DetachedOptions,
): Promise<DetachedProgram> {
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, "a", 0o600);
  try {
    return await letGo(argv, options, log ?? "ignore");
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

function letGo(
  [file, ...args]: readonly [string, ...string[]],
  options: DetachedOptions,
  sink: number | "ignore",
): Promise<DetachedProgram> {
  return new Promise((resolve, reject) => {
    let end: { code: number | null; signal: string | null } | undefined;
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...options.env },
      detached: true,
      stdio: ["ignore", sink, sink],
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      end = { code, signal };
    });
    child.once("spawn", () => {
      child.unref();
      resolve({ pid: child.pid ?? 0, ended: () => end });
    });
  });
}
