import { spawn } from "node:child_process";
import { LineSplitter } from "./exec.ts";

/** How a program ended. `timedOut` and `cancelled` say why it was killed. */
export type GroupResult = {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  readonly durationMs: number;
};

/** How to run the program; nothing has a default. */
export type GroupOptions = {
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** Each line of both output streams as it comes, without its line end. */
  readonly onLine: (line: string) => void;
  /** Called whenever the group is killed (at its end, its limit, an abort): for what may have left the group. */
  readonly alsoKill?: () => void;
};

/** How long a program that left the group may still hold the output open before it is no longer listened to. */
const OUTPUT_GRACE_MS = 500;

/**
 * Runs one program from an argument list, never through a shell, and lets nothing of its process group outlive it:
 * the group is killed when the program ends, when the limit is reached, or on an abort.
 * Unlike `exec` it does not wait for background children that hold the output. Rejects only when it cannot be started.
 */
export function execGroup(argv: readonly [string, ...string[]], options: GroupOptions): Promise<GroupResult> {
  const startedAt = performance.now();
  const [file, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...options.env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const outcome = { timedOut: false, cancelled: false };
    const killAll = (): void => {
      killGroup(child.pid);
      options.alsoKill?.();
    };
    const timer = setTimeout(() => {
      outcome.timedOut = true;
      killAll();
    }, options.limitMs);
    const onAbort = (): void => {
      outcome.cancelled = true;
      killAll();
    };
    if (options.signal.aborted) onAbort();
    options.signal.addEventListener("abort", onAbort, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      const lines = new LineSplitter(options.onLine);
      stream.on("data", (chunk: Buffer) => lines.push(chunk));
      stream.on("close", () => lines.end());
    }
    const settle = (): void => {
      clearTimeout(timer);
      options.signal.removeEventListener("abort", onAbort);
    };
    child.on("error", (error) => {
      settle();
      reject(error);
    });
    child.on("exit", () => {
      killAll();
      const grace = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, OUTPUT_GRACE_MS);
      child.on("close", () => clearTimeout(grace));
    });
    child.on("close", (exitCode, signal) => {
      settle();
      resolve({ exitCode, signal, ...outcome, durationMs: performance.now() - startedAt });
    });
  });
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // The group is already gone, which is what was asked for.
  }
}
