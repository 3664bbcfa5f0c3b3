import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { systemClock, type Clock } from "../../lib/clock.ts";
import { run, type RunOptions } from "../main.ts";
import type { CliProcess, CliStream } from "../world.ts";

/** What a test's command line runs in. */
export type FakeOptions = RunOptions & {
  readonly home: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Both ends are terminals of that many columns. */
  readonly terminalColumns?: number;
  /** Lines that somebody types. */
  readonly typed?: string;
  /** What is piped in, to its end. */
  readonly piped?: string | Uint8Array;
};

/** What a command line left behind. */
export type Finished = { readonly exit: number; readonly stdout: string; readonly stderr: string };

/** A command line under way in this process. */
export type Running = {
  readonly finished: Promise<Finished>;
  /** Ctrl-C. */
  interrupt(): void;
  /** Resolves once stdout or stderr holds the text; rejects when the command has ended without it. */
  shows(text: string): Promise<void>;
};

/** Starts the CLI in this process, with its own streams, environment and signals. */
export function startCli(words: readonly string[], options: FakeOptions): Running {
  const changes = new EventEmitter();
  const stdout = new Recorder(changes, options.terminalColumns);
  const stderr = new Recorder(changes, options.terminalColumns);
  const signals = new EventEmitter();
  const stdin = Object.assign(new PassThrough(), { isTTY: options.terminalColumns !== undefined });
  if (options.typed !== undefined) stdin.write(options.typed);
  if (options.piped !== undefined) stdin.end(options.piped);
  const process: CliProcess = {
    argv: ["node", "portside", ...words],
    env: { HOME: options.home, PORTSIDE_HOME: options.home, ...options.env },
    cwd: () => options.cwd ?? options.home,
    execPath: globalThis.process.execPath,
    platform: "linux",
    stdin,
    stdout,
    stderr,
    on: (signal, listener) => signals.on(signal, listener),
    off: (signal, listener) => signals.off(signal, listener),
  };
  const state = { ended: false };
  const finished = run(process, options).then((exit) => {
    state.ended = true;
    changes.emit("change");
    return { exit, stdout: stdout.text, stderr: stderr.text };
  });
  const shows = async (text: string): Promise<void> => {
    while (!stdout.text.includes(text) && !stderr.text.includes(text)) {
      if (state.ended) throw new Error(`the command ended without "${text}":\n${stdout.text}${stderr.text}`);
      await new Promise((resolve) => changes.once("change", resolve));
    }
  };
  return { finished, interrupt: () => void signals.emit("SIGINT"), shows };
}

/** Runs a command line to its end. */
export function runCli(words: readonly string[], options: FakeOptions): Promise<Finished> {
  return startCli(words, options).finished;
}

/** Keeps what is written and tells of it. */
class Recorder implements CliStream {
  text = "";
  readonly isTTY: boolean;
  readonly columns: number;
  readonly #changes: EventEmitter;

  constructor(changes: EventEmitter, columns: number | undefined) {
    this.#changes = changes;
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 0;
  }

  write(text: string): boolean {
    this.text += text;
    this.#changes.emit("change");
    return true;
  }

  on(): this {
    return this;
  }
}

/** Time that stands still unless somebody sleeps, which takes no time. Starts at 2026-01-01T00:00:00Z. */
export function steppingClock(): Clock & { advance(ms: number): void } {
  let now = Date.UTC(2026, 0, 1);
  return {
    now: () => now,
    advance: (ms) => void (now += ms),
    sleep: async (ms, signal) => {
      now += ms;
      await systemClock.sleep(1, signal);
    },
  };
}

/** A directory under the system's temporary one, gone at the end of the test. Short, for the sockets in it. */
export function temporaryDirectory(test: { after(clean: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), "ps-cli-"));
  test.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
