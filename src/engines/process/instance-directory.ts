import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { hasCode, readTextIfExists } from "../../lib/files.ts";
import type { AppName } from "../../model/app.ts";
import type { ExitRecord } from "../../model/instance.ts";

/**
 * What is kept about an instance besides its processes: all of its start but the values of its environment.
 * Written by the process engine before the program starts. Read by it after a restart of the control plane. Stored as `spec.json`.
 */
export type StoredSpec = {
  readonly schema: 1;
  readonly id: string;
  readonly app: AppName;
  readonly name: string;
  readonly kind: "service" | "oneOff";
  readonly artifact: string;
  readonly cwd: string;
  readonly port?: number;
  readonly stopTimeoutS: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
};

/** A process that cannot be taken for another one of the same number: `start` is its start time and the boot it belongs to. */
export type ProcessMark = { readonly pid: number; readonly start: string };

/** Who has the right to start the program of this directory. `unfinished`: a shim has just won and not yet said who it is. */
export type Claim = "none" | "void" | "unfinished" | ProcessMark;

const STORED = z.object({
  schema: z.literal(1),
  id: z.string(),
  app: z.string(),
  name: z.string(),
  kind: z.enum(["service", "oneOff"]),
  artifact: z.string(),
  cwd: z.string(),
  port: z.number().optional(),
  stopTimeoutS: z.number(),
  startedAt: z.number(),
});

/**
 * The files of one instance: `app` (its own copy), `layers` (link to the artifact's), `tmp`, `output`, `spec.json`, and in `state`
 * what happened to it, each a file of one line: `attempt-*` (made by the engine), `claim`, `program`, `exit` (by the shim),
 * `stopping`, `signalled` (by the engine). A line without its end is still being written.
 */
export class InstanceDirectory {
  readonly path: string;
  readonly app: string;
  readonly tmp: string;
  readonly output: string;
  readonly state: string;

  constructor(path: string) {
    this.path = path;
    this.app = join(path, "app");
    this.tmp = join(path, "tmp");
    this.output = join(path, "output");
    this.state = join(path, "state");
  }

  /** Makes everything but `app`. */
  create(spec: StoredSpec, attempt: string): void {
    for (const directory of [this.path, this.tmp, this.state]) mkdirSync(directory, { mode: 0o700 });
    this.#write("output", "");
    this.#write("spec.json", `${JSON.stringify(spec, undefined, 2)}\n`);
    this.#write(`state/attempt-${attempt}`, "");
  }

  /** Undefined when there is none or it is not ours to understand. */
  readSpec(): StoredSpec | undefined {
    try {
      const spec = STORED.parse(JSON.parse(readTextIfExists(join(this.path, "spec.json")) ?? "null"));
      return spec as StoredSpec;
    } catch {
      return undefined;
    }
  }

  readClaim(): Claim {
    const text = readTextIfExists(join(this.state, "claim"));
    if (text === undefined) return "none";
    if (text === "void\n") return "void";
    return parseMark(text) ?? "unfinished";
  }

  /** Takes the claim so that no shim can; false when one was faster. */
  claimForNobody(): boolean {
    try {
      writeFileSync(join(this.state, "claim"), "void\n", { mode: 0o600, flag: "wx" });
      return true;
    } catch (error) {
      if (hasCode(error, "EEXIST")) return false;
      throw error;
    }
  }

  readProgram(): ProcessMark | undefined {
    return parseMark(readTextIfExists(join(this.state, "program")) ?? "");
  }

  /** The exit as the shim saw it, and the seconds since boot at that moment (undefined where the system does not tell). */
  readExit(): { readonly exit: ExitRecord; readonly uptimeS: number | undefined } | undefined {
    const path = join(this.state, "exit");
    const match = /^(\d+|lost) (\S+)\n$/.exec(readTextIfExists(path) ?? "");
    if (match === null) return undefined;
    const at = Math.round(statSync(path).mtimeMs);
    const uptimeS = Number(match[2]);
    return { exit: decodeStatus(match[1] ?? "lost", at), uptimeS: Number.isFinite(uptimeS) ? uptimeS : undefined };
  }

  /** Nobody can tell any more how it ended. Keeps what the shim has written. Only for when the shim is gone. */
  writeLost(): void {
    if (this.readExit() === undefined) this.#write("state/exit", "lost -\n");
  }

  /** When it is to be killed, milliseconds since the epoch, if a stop was asked for; NaN when we died while writing it down. */
  readStopDeadline(): number | undefined {
    const text = readTextIfExists(join(this.state, "stopping"));
    return text === undefined ? undefined : Number.parseInt(text, 10);
  }

  /** Tells the shim that a stop is asked for: from now on it leaves the group to us. */
  writeStopDeadline(at: number): void {
    this.#write("state/stopping", `${at}\n`);
  }

  wasSignalled(): boolean {
    return existsSync(join(this.state, "signalled"));
  }

  writeSignalled(): void {
    this.#write("state/signalled", "");
  }

  #write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text, { mode: 0o600 });
  }
}

function parseMark(text: string): ProcessMark | undefined {
  const match = /^(\d+) (.+)\n$/.exec(text);
  return match === null ? undefined : { pid: Number(match[1]), start: (match[2] ?? "").trim().replaceAll(/\s+/g, " ") };
}

const SIGNAL_NAMES: ReadonlyMap<number, string> = new Map(
  // Backwards: of two names of one number (SIGABRT, SIGIOT) the first stays.
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [number, name]),
);

/**
 * A shell's `$?`: 128 + n is taken as signal n. A program that ends itself with such a code cannot be told from one that was
 * killed; both mean the same to everybody who reads it.
 */
function decodeStatus(text: string, at: number): ExitRecord {
  if (text === "lost") return { lost: true, at };
  const status = Number(text);
  const signal = status > 128 ? SIGNAL_NAMES.get(status - 128) : undefined;
  return signal === undefined ? { code: status, at } : { signal, at };
}
