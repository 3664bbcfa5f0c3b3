import { spawn } from "node:child_process";

/** What a finished program left behind. `timedOut` and `cancelled` say why it was killed. */
export type ExecResult = {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  readonly durationMs: number;
};

/** How a program is run and what is kept of it. */
export type ExecOptions = {
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
  readonly signal?: AbortSignal;
  /** Bytes kept of each stream; more is dropped from the front. Default 1 MiB. */
  readonly keepBytesMax?: number;
  readonly stdin?: string;
  /** Called with each output line as it comes, without its line end. */
  readonly onLine?: (stream: "stdout" | "stderr", line: string) => void;
};

const KEEP_BYTES_MAX = 1_048_576;
const LINE_BYTES_MAX = 10_000;

/**
 * Runs one program from an argument list, never through a shell. The program leads its own process group,
 * and a limit or an abort kills the whole group. Rejects only when the program cannot be started.
 */
export function exec(argv: readonly [string, ...string[]], options: ExecOptions): Promise<ExecResult> {
  const startedAt = performance.now();
  const [file, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: options.cwd, env: { ...options.env }, detached: true, stdio: "pipe" });
    const outcome = { timedOut: false, cancelled: false };
    const killGroup = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // The group is already gone, which is what was asked for.
      }
    };
    const timer = setTimeout(() => {
      outcome.timedOut = true;
      killGroup();
    }, options.limitMs);
    const onAbort = (): void => {
      outcome.cancelled = true;
      killGroup();
    };
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
    };
    const kept = { stdout: new Tail(options.keepBytesMax), stderr: new Tail(options.keepBytesMax) };
    for (const stream of ["stdout", "stderr"] as const) {
      const lines = new LineSplitter((line) => options.onLine?.(stream, line));
      child[stream].on("data", (chunk: Buffer) => {
        kept[stream].push(chunk);
        lines.push(chunk);
      });
      child[stream].on("end", () => lines.end());
    }
    child.stdin.on("error", () => {
      // The program closed its input early; its exit code tells the story.
    });
    child.stdin.end(options.stdin ?? "");
    child.on("error", (error) => {
      settle();
      reject(error);
    });
    child.on("close", (exitCode, signal) => {
      settle();
      const durationMs = performance.now() - startedAt;
      resolve({ exitCode, signal, stdout: kept.stdout.text(), stderr: kept.stderr.text(), ...outcome, durationMs });
    });
  });
}

/** Keeps the last bytes of a stream. */
class Tail {
  #chunks: Buffer[] = [];
  #bytes = 0;
  readonly #bytesMax: number;

  constructor(bytesMax = KEEP_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes > 2 * this.#bytesMax && this.#chunks.length > 1)
      this.#bytes -= this.#chunks.shift()?.length ?? 0;
  }

  text(): string {
    return Buffer.concat(this.#chunks).subarray(-this.#bytesMax).toString("utf8");
  }
}

/** Cuts a byte stream into lines (LF or CRLF); a line over `LINE_BYTES_MAX` bytes is given in pieces. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = data.indexOf(10);
      if (end < 0 && data.length <= LINE_BYTES_MAX) break;
      const cut = end < 0 || end > LINE_BYTES_MAX ? LINE_BYTES_MAX : end;
      this.#give(data.subarray(0, cut));
      data = data.subarray(cut === end ? cut + 1 : cut);
    }
    this.#rest = Buffer.from(data);
  }

  /** Gives what came without a line end. */
  end(): void {
    if (this.#rest.length > 0) this.#give(this.#rest);
    this.#rest = Buffer.alloc(0);
  }

  #give(bytes: Buffer): void {
    const line = bytes.at(-1) === 13 ? bytes.subarray(0, -1) : bytes;
    this.#onLine(line.toString("utf8"));
  }
}
