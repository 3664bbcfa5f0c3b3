import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { hasCode } from "./files.ts";

/** How to run the program and how much of it to keep. */
export type CombinedOptions = {
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
  readonly signal?: AbortSignal;
  /** Bytes kept of the output, from its end; and of file descriptor 3, from its start. */
  readonly keepBytesMax: number;
};

/** What a finished program left behind. */
export type CombinedResult = {
  /** null: ended by a signal. 127: no such program, 126: it cannot be executed, as a shell would say; `output` tells which. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  /** stdout and stderr in the order they came. */
  readonly output: string;
  /** What the program wrote to file descriptor 3; empty when it knows of none. */
  readonly answer: string;
};

/** How long a program that left the group may still hold the output open before it is no longer listened to. */
const OUTPUT_GRACE_MS = 500;

/**
 * Runs one program from an argument list and gives both its streams as one text, and what it wrote to descriptor 3.
 * Nothing of its process group outlives it; a limit or an abort kills the group. Never rejects because of the program.
 */
export function execCombined(argv: readonly [string, ...string[]], options: CombinedOptions): Promise<CombinedResult> {
  const [file, ...args] = argv;
  const flags = { timedOut: false, cancelled: false };
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...options.env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    const timer = setTimeout(() => {
      flags.timedOut = true;
      killGroup(child);
    }, options.limitMs);
    const onAbort = (): void => {
      flags.cancelled = true;
      killGroup(child);
    };
    const settle = (exitCode: number | null, output: string, answer: string): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
      resolve({ exitCode, ...flags, output, answer });
    };
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    const output = new Kept(options.keepBytesMax, "end");
    const answer = new Kept(options.keepBytesMax, "start");
    child.stdout?.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => output.push(chunk));
    (child.stdio[3] as Readable | null)?.on("data", (chunk: Buffer) => answer.push(chunk));
    child.on("error", (error) => settle(hasCode(error, "EACCES") ? 126 : 127, `${file}: ${reasonOf(error)}\n`, ""));
    child.on("exit", () => {
      killGroup(child);
      // What left the group may hold the output open; it is not waited for.
      const grace = setTimeout(() => child.stdio.forEach((stream) => stream?.destroy()), OUTPUT_GRACE_MS);
      child.on("close", () => clearTimeout(grace));
    });
    child.on("close", (exitCode) => settle(exitCode, output.text(), answer.text()));
  });
}

function reasonOf(error: Error): string {
  if (hasCode(error, "ENOENT")) return "command not found";
  return hasCode(error, "EACCES") ? "permission denied" : error.message;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group is already gone, which is what was asked for.
  }
}

/** The first or the last bytes of a stream. */
class Kept {
  #chunks: Buffer[] = [];
  #bytes = 0;
  readonly #bytesMax: number;
  readonly #which: "start" | "end";

  constructor(bytesMax: number, which: "start" | "end") {
    this.#bytesMax = bytesMax;
    this.#which = which;
  }

  push(chunk: Buffer): void {
    if (this.#which === "start" && this.#bytes >= this.#bytesMax) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#which === "start") return;
    while (this.#bytes > 2 * this.#bytesMax && this.#chunks.length > 1)
      this.#bytes -= this.#chunks.shift()?.length ?? 0;
  }

  text(): string {
    const all = Buffer.concat(this.#chunks);
    const kept = this.#which === "start" ? all.subarray(0, this.#bytesMax) : all.subarray(-this.#bytesMax);
    return kept.toString("utf8");
  }
}
