import { abortable } from "../../lib/abortable.ts";
import type { Clock } from "../../lib/clock.ts";
import { waitForFileChange } from "../../lib/file-change.ts";
import { hasCode } from "../../lib/files.ts";
import type { ExitRecord } from "../../model/instance.ts";
import type { LogSink, ObservedInstance } from "../engine.ts";
import { ConsumedOutput } from "./give-back.ts";
import type { InstanceDirectory, ProcessMark, StoredSpec } from "./instance-directory.ts";
import { LogCapture } from "./log-capture.ts";
import type { Member, ProcessTable } from "./process-table.ts";

/** The end is told by a file of the shim; this is for the case that the shim is killed. */
const SHIM_POLL_MS = 2_000;
/** Without a shim nothing is told, nor where the system reports no changes. */
const POLL_MS = 200;
/** How long a shim that has won the claim may take to say who it is. */
const CLAIM_LIMIT_MS = 2_000;
/** How often processes that are to go are looked for. */
const LEFTOVER_POLL_MS = 20;
/** How often the time of the kill is looked at: a second stop may have brought it forward. */
const DEADLINE_POLL_MS = 100;

/** The instance and what is needed to follow it. */
export type LiveInstanceOptions = {
  readonly directory: InstanceDirectory;
  readonly spec: StoredSpec;
  readonly clock: Clock;
  readonly processes: ProcessTable;
  readonly sink: LogSink;
};

/** How its processes are found: `all` of its session, or only what was there at an end nobody watched (see `#members`). */
type Reach = "all" | { readonly startedUntilS: number | undefined };

/**
 * One instance that exists, from its start (or its being found again) until it is forgotten: watches for its end, captures its
 * output, stops it. All that matters is in its directory, so that the next control plane goes on where this one was.
 */
export class LiveInstance {
  readonly directory: InstanceDirectory;
  readonly spec: StoredSpec;
  readonly #clock: Clock;
  readonly #processes: ProcessTable;
  readonly #capture: LogCapture;
  readonly #reach: Reach;
  readonly #claimLimitAt: number;
  readonly #closed = new AbortController();
  readonly #end: Promise<ExitRecord>;
  #exit: ExitRecord | undefined;
  #killAt: number | undefined;
  #stopping: Promise<void> | undefined;

  /** Just started by us. */
  static started(options: LiveInstanceOptions): LiveInstance {
    return new LiveInstance(options, "all");
  }

  /** Left by an earlier control plane: goes on with its output, and with a stop that was begun. */
  static async adopted(options: LiveInstanceOptions): Promise<LiveInstance> {
    const exit = options.directory.readExit();
    const isClaimed = options.directory.readClaim() === "unfinished";
    const goesOn = exit === undefined && (isClaimed || (await isAlive(options)));
    return new LiveInstance(options, goesOn ? "all" : { startedUntilS: exit?.uptimeS });
  }

  private constructor({ directory, spec, clock, processes, sink }: LiveInstanceOptions, reach: Reach) {
    this.directory = directory;
    this.spec = spec;
    this.#clock = clock;
    this.#processes = processes;
    const consumed = new ConsumedOutput(directory.output);
    this.#capture = new LogCapture({
      file: directory.output,
      cursor: sink.cursor(spec.id),
      clock,
      deliver: (lines, cursor) => sink.append({ instance: spec.id, app: spec.app, name: spec.name, lines, cursor }),
      onConsumed: (offset) => consumed.consumed(offset),
    });
    this.#reach = reach;
    this.#claimLimitAt = clock.now() + CLAIM_LIMIT_MS;
    this.#killAt = this.#storedKillAt();
    this.#end = this.#awaitEnd();
    // Who cares asks `exited`; closing the engine while nobody does is no unhandled rejection.
    this.#end.catch(() => undefined);
    if (this.#killAt !== undefined) this.#beginStop();
  }

  observe(): ObservedInstance {
    const { id, app, name, kind, startedAt, port } = this.spec;
    const address = port === undefined ? {} : { address: { host: "127.0.0.1", port } };
    return { id, app, name, kind, startedAt, ...address, ...(this.#exit === undefined ? {} : { exit: this.#exit }) };
  }

  get hasEnded(): boolean {
    return this.#exit !== undefined;
  }

  /** Rejects with the signal's reason, or when the engine is closed first. */
  exited(signal: AbortSignal): Promise<ExitRecord> {
    return abortable(this.#end, signal);
  }

  /** SIGTERM now, unless it was sent before; SIGKILL to what is left after `graceMs`. A later call can only shorten that. */
  stop(graceMs: number, signal: AbortSignal): Promise<ExitRecord> {
    if (!this.hasEnded) {
      this.#killAt = Math.min(this.#killAt ?? Number.POSITIVE_INFINITY, this.#clock.now() + graceMs);
      this.directory.writeStopDeadline(this.#killAt);
      this.#beginStop();
    }
    return this.exited(signal);
  }

  /**
   * All that lives of it now. When it ended before we came, the number of its session may belong to others meanwhile:
   * then only what had started before that end counts, and nothing when that moment is not known.
   */
  async members(): Promise<readonly Member[]> {
    const program = this.directory.readProgram();
    if (this.hasEnded || program === undefined) return [];
    if (this.#reach === "all") return this.#processes.members(program);
    const { startedUntilS } = this.#reach;
    return startedUntilS === undefined ? [] : this.#processes.members(program, startedUntilS);
  }

  /** Resolves when all output of the ended instance is in the sink. */
  drained(): Promise<void> {
    return this.#capture.drained();
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error("the engine was closed"));
    await this.#capture.close();
    await Promise.allSettled([this.#end, this.#stopping]);
  }

  #storedKillAt(): number | undefined {
    const at = this.directory.readStopDeadline();
    return at === undefined || Number.isFinite(at) ? at : this.#clock.now() + this.spec.stopTimeoutS * 1_000;
  }

  async #awaitEnd(): Promise<ExitRecord> {
    for (let record = this.directory.readExit(); ; record = this.directory.readExit()) {
      if (record !== undefined) return await this.#conclude(record.exit);
      if (await this.#hasEndToCome()) await this.#waitForExit();
      else this.directory.writeLost();
    }
  }

  /** Waits until nothing of it lives, killing what nobody gave time to end. */
  async #conclude(exit: ExitRecord): Promise<ExitRecord> {
    for (let members = await this.members(); members.length > 0; members = await this.members()) {
      if (this.#killAt === undefined) signalMembers(members, "SIGKILL");
      await this.#clock.sleep(LEFTOVER_POLL_MS, this.#closed.signal);
    }
    this.#exit = exit;
    void this.#capture.drained(); // Nothing more is written; who needs to know when the last line is out asks again.
    return exit;
  }

  async #waitForExit(): Promise<void> {
    this.#closed.signal.throwIfAborted();
    await waitForFileChange(this.directory.state, {
      clock: this.#clock,
      limitMs: (await isShimAlive(this.directory, this.#processes)) ? SHIM_POLL_MS : POLL_MS,
      pollMs: POLL_MS,
      wake: [this.#closed.signal],
      hasChanged: () => this.directory.readExit() !== undefined,
    });
    this.#closed.signal.throwIfAborted();
  }

  async #hasEndToCome(): Promise<boolean> {
    if (this.directory.readClaim() === "unfinished" && this.#clock.now() < this.#claimLimitAt) return true;
    return isAlive({ directory: this.directory, processes: this.#processes });
  }

  #beginStop(): void {
    this.#stopping ??= this.#runStop();
    this.#stopping.catch(() => undefined); // Only ever ended by `close`.
  }

  async #runStop(): Promise<void> {
    await this.#terminate();
    while (!this.hasEnded) {
      const leftMs = (this.#killAt ?? 0) - this.#clock.now();
      if (leftMs <= 0) signalMembers(await this.members(), "SIGKILL");
      const waitMs = leftMs <= 0 ? LEFTOVER_POLL_MS : Math.min(leftMs, DEADLINE_POLL_MS);
      await this.#clock.sleep(waitMs, this.#closed.signal);
    }
  }

  async #terminate(): Promise<void> {
    if (this.directory.wasSignalled()) return;
    // Between claim and program there is a moment of the shim; who stops a second after the start must not miss the program.
    while (!this.hasEnded && this.directory.readProgram() === undefined) {
      await this.#clock.sleep(LEFTOVER_POLL_MS, this.#closed.signal);
    }
    signalMembers(await this.members(), "SIGTERM");
    this.directory.writeSignalled();
  }
}

type Watched = Pick<LiveInstanceOptions, "directory" | "processes">;

/** Whether its shim or its program lives. */
async function isAlive({ directory, processes }: Watched): Promise<boolean> {
  const program = directory.readProgram();
  return (await isShimAlive(directory, processes)) || (program !== undefined && isRunning(program, processes));
}

function isShimAlive(directory: InstanceDirectory, processes: ProcessTable): Promise<boolean> {
  const claim = directory.readClaim();
  return typeof claim === "object" ? isRunning(claim, processes) : Promise.resolve(false);
}

async function isRunning(mark: ProcessMark, processes: ProcessTable): Promise<boolean> {
  return (await processes.startOf(mark.pid)) === mark.start;
}

/** Signals whole groups, not single processes: what forks between our look and the signal gets it too. */
export function signalMembers(members: readonly Member[], signal: NodeJS.Signals): void {
  for (const group of new Set(members.map((member) => member.group))) {
    try {
      process.kill(-group, signal);
    } catch (error) {
      // Gone already, or only what may not be signalled is left (a program with more rights): the next look tells.
      if (!hasCode(error, "ESRCH", "EPERM")) throw error;
    }
  }
}
