import { formatBytes } from "../../lib/format-bytes.ts";
import type { Cgroup } from "../../lib/cgroup.ts";
import { execGroup, type GroupOptions, type GroupResult } from "../../lib/exec-group.ts";
import {
  childrenOf,
  killProcesses,
  openDeletedBytes,
  processesInNamespaceOf,
  processesMarked,
  residentBytes,
} from "../../lib/process-scan.ts";
import type { Sandbox } from "../../lib/sandbox/sandbox.ts";
import type { Owner } from "../../lib/tree-owner.ts";
import { systemClock } from "../../lib/clock.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { BuildLimits } from "./build-limits.ts";
import { BuildWatch, quotaExceeded } from "./build-watch.ts";

/** The variable that marks processes of a build where nothing better holds them together. */
const MARK_NAME = "PORTSIDE_BUILD_MARK";
/** The kernel's words to a program whose file may not grow any more, and a shell's exit code for one that died of it. */
const FILE_CUT_OFF = /\bEFBIG\b|File too large|File size limit exceeded/;
const FILE_SIGNAL_EXIT = 153;
/** A `bin/detect` that says no. cnb.md §3.1. */
const NOT_FOR_ME_EXIT = 100;
const LINES_KEPT_MAX = 400;
const LINE_CHARS_MAX = 2_000;
const STRAGGLER_POLL_MS = 10;
const STRAGGLER_LIMIT_MS = 2_000;

/** How a build's programs are held. `namespaces` as another user, `user-namespaces` as ours, `processes`: marked children alone. */
export type Confinement = "namespaces" | "user-namespaces" | "processes";

/** What a build took. `undefined`: this machine does not tell. */
export type BuildUsage = {
  readonly memoryPeakBytes: number | undefined;
  readonly cpuMs: number | undefined;
  readonly oomKillCount: number;
  readonly forksRefusedCount: number;
  readonly confinement: Confinement;
};

/** A program to run: `name` for messages, the rest as `execGroup` takes it. */
export type RoomRun = GroupOptions & { readonly name: string };

/** Where the programs of one build run. */
export type BuildRoom = {
  /** Who the build's files must belong to; absent: us. */
  readonly owner: Owner | undefined;
  readonly usage: BuildUsage;
  /** The last lines that its programs wrote, some hundreds, each cut to 2,000 characters. */
  readonly lastLines: readonly string[];
  /**
   * Runs one program, several at a time if asked; when the last one ends nothing of them is left, whatever they forked.
   * Rejects with E_BUILD_DISK_QUOTA, E_DISK_FULL or E_BUILD_FAILED when the build went beyond a limit, and as `execGroup`.
   */
  run(argv: readonly [string, ...string[]], run: RoomRun): Promise<GroupResult>;
  /** Kills what runs and lets go of everything. Resolves within seconds; safe to call twice. */
  close(): Promise<void>;
};

/** What a room is made of. */
export type RoomParts = {
  readonly directory: string;
  readonly limits: BuildLimits;
  readonly owner: Owner | undefined;
  readonly sandbox: Sandbox | undefined;
  readonly cgroup: Cgroup | undefined;
  /** Unique on this machine. */
  readonly mark: string;
};

/** See `BuildRoom`. */
export class ConfinedRoom implements BuildRoom {
  readonly #parts: RoomParts;
  readonly #holders: ReadonlySet<number>;
  readonly #exceeded = new AbortController();
  readonly #watch: BuildWatch;
  readonly #deadline: number;
  readonly #running = new Set<RoomRun>();
  #closing: Promise<void> | undefined;
  #isGone = false;
  readonly #lastLines: string[] = [];
  #lastUsage: Omit<BuildUsage, "memoryPeakBytes" | "confinement"> = {
    cpuMs: undefined,
    oomKillCount: 0,
    forksRefusedCount: 0,
  };

  constructor(parts: RoomParts) {
    this.#parts = parts;
    this.#holders = new Set(parts.sandbox === undefined ? [] : childrenOf(parts.sandbox.init));
    this.#deadline = performance.now() + parts.limits.timeMsMax;
    this.#watch = new BuildWatch({
      directory: parts.directory,
      limits: parts.limits,
      memoryBytes: () => this.#lookAround(),
      hiddenBytes: () => openDeletedBytes(this.#processes()),
      onExceeded: (error) => this.#exceeded.abort(error),
    });
  }

  get owner(): Owner | undefined {
    return this.#parts.owner;
  }

  get lastLines(): readonly string[] {
    return this.#lastLines;
  }

  get usage(): BuildUsage {
    this.#readUsage();
    const { sandbox, owner } = this.#parts;
    const confinement = sandbox === undefined ? "processes" : owner === undefined ? "user-namespaces" : "namespaces";
    return { ...this.#lastUsage, memoryPeakBytes: this.#watch.memoryPeakBytes, confinement };
  }

  async run(argv: readonly [string, ...string[]], run: RoomRun): Promise<GroupResult> {
    this.#exceeded.signal.throwIfAborted();
    const { sandbox, mark } = this.#parts;
    const env = { ...run.env, ...(sandbox === undefined ? { [MARK_NAME]: mark } : {}) };
    const command = sandbox === undefined ? { argv, env } : sandbox.command(argv, { cwd: run.cwd, env });
    this.#running.add(run);
    let isCutOff = false;
    try {
      const result = await execGroup(command.argv, {
        ...run,
        ...command,
        onLine: (line) => {
          isCutOff ||= FILE_CUT_OFF.test(line);
          if (this.#lastLines.push(line.slice(0, LINE_CHARS_MAX)) > LINES_KEPT_MAX) this.#lastLines.shift();
          run.onLine(line);
        },
        cwd: sandbox === undefined ? run.cwd : "/",
        signal: AbortSignal.any([run.signal, this.#exceeded.signal]),
        alsoKill: () => this.#killStragglers(run),
      });
      if (result.exitCode !== 0 && result.exitCode !== NOT_FOR_ME_EXIT) await this.#judgeFailure(result, isCutOff);
      this.#exceeded.signal.throwIfAborted();
      return result;
    } finally {
      this.#running.delete(run);
      if (this.#running.size === 0) await this.#endStragglers();
    }
  }

  /** A program that was cut off says so in its own words, or dies of the signal; one that was killed in time says nothing. */
  async #judgeFailure({ exitCode, signal }: GroupResult, isCutOff: boolean): Promise<void> {
    const { diskBytesMax } = this.#parts.limits;
    if (isCutOff || signal === "SIGXFSZ" || exitCode === FILE_SIGNAL_EXIT)
      this.#exceeded.abort(quotaExceeded(formatBytes(diskBytesMax)));
    else await this.#watch.recount();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#watch.stop();
    await this.#parts.sandbox?.close();
    await this.#endStragglers();
    this.#readUsage();
    this.#isGone = true;
    await this.#parts.cgroup?.remove();
  }

  /** Called ten times a second: the memory in use now. Also where the time limit is seen. */
  #lookAround(): number | undefined {
    if (performance.now() > this.#deadline && !this.#exceeded.signal.aborted) this.#exceeded.abort(this.#outOfTime());
    const { cgroup } = this.#parts;
    return cgroup === undefined ? residentOrUnknown(this.#processes()) : cgroup.usage().memoryBytes;
  }

  #outOfTime(): PortsideError {
    const minutes = Math.round(this.#parts.limits.timeMsMax / 6_000) / 10;
    const what = [...this.#running].map(({ name }) => name).join(", ") || "the build";
    return new PortsideError("E_BUILD_FAILED", { problem: `${what} was still running after ${minutes} min` });
  }

  #readUsage(): void {
    const { cgroup } = this.#parts;
    if (cgroup === undefined || this.#isGone) return;
    const { cpuMs, oomKillCount, forksRefusedCount } = cgroup.usage();
    this.#lastUsage = { cpuMs, oomKillCount, forksRefusedCount };
  }

  #processes(): readonly number[] {
    const { sandbox, cgroup, mark } = this.#parts;
    if (cgroup !== undefined) return cgroup.processes();
    if (sandbox === undefined) return processesMarked(`${MARK_NAME}=${mark}`);
    return processesInNamespaceOf(sandbox.init).filter((pid) => !this.#holders.has(pid));
  }

  /** Programs that run side by side cannot be told apart: what one left is ended with the last of them. */
  #killStragglers(ending: RoomRun): void {
    const others = [...this.#running].some((run) => run !== ending);
    if (!others || this.#exceeded.signal.aborted) killProcesses(this.#processes());
  }

  async #endStragglers(): Promise<void> {
    const { cgroup } = this.#parts;
    if (cgroup !== undefined && (await cgroup.kill())) return;
    for (let waited = 0; waited < STRAGGLER_LIMIT_MS; waited += STRAGGLER_POLL_MS) {
      const left = this.#processes();
      if (left.length === 0) return;
      killProcesses(left);
      await systemClock.sleep(STRAGGLER_POLL_MS);
    }
  }
}

function residentOrUnknown(pids: readonly number[]): number | undefined {
  const bytes = residentBytes(pids);
  return bytes === 0 ? undefined : bytes;
}
