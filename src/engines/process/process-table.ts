import type { InstanceProcess, Listener, Usage } from "../engine.ts";
import type { ProcessMark } from "./instance-directory.ts";

/** A living process of an instance. `startS` is in seconds since boot, where the system tells. */
export type Member = { readonly pid: number; readonly group: number; readonly startS?: number };

/** What the operating system says about processes. One that only waits to be collected (a zombie) does not exist here. */
export type ProcessTable = {
  /** The `start` of a `ProcessMark` for that number now; undefined when no such process lives. */
  startOf(pid: number): Promise<string | undefined>;
  /**
   * All of the program's session: the program, its children and theirs, unless they called `setsid`. Empty when the number
   * now belongs to somebody else. `startedUntilS` leaves out what started later (seconds since boot): see `sweep`.
   */
  members(program: ProcessMark, startedUntilS?: number): Promise<readonly Member[]>;
  /** Listening TCP sockets of these processes, without repetitions; undefined when the system does not tell. */
  listeners(pids: readonly number[]): Promise<readonly Listener[] | undefined>;
  /** What the programs and all of their sessions use, in the order given; undefined when the system does not tell. */
  usage(programs: readonly ProcessMark[]): Promise<readonly Usage[] | undefined>;
  /** These processes, by pid, those that are gone left out. */
  describe(pids: readonly number[]): Promise<readonly InstanceProcess[]>;
  /** Arguments and environment the process was executed with; undefined when they cannot be read now. */
  execution(pid: number): Promise<Execution | undefined>;
};

/** What a process was executed with. */
export type Execution = { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> };
