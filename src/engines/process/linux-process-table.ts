import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Clock } from "../../lib/clock.ts";
import { hasCode } from "../../lib/files.ts";
import type { InstanceProcess, Listener, Usage } from "../engine.ts";
import type { ProcessMark } from "./instance-directory.ts";
import type { Execution, Member, ProcessTable } from "./process-table.ts";

/** Linux gives times in hundredths of a second (USER_HZ) on every architecture Node runs on. */
const TICKS_PER_S = 100;
/** A walk over all processes takes some milliseconds; waiting instances share one. */
const SNAPSHOT_AGE_MS_MAX = 10;
/** Two clocks of the kernel with different grain: `/proc/uptime` and start times. */
const UPTIME_SLACK_S = 0.05;

type Stat = {
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly startTicks: number;
  /** Its own and that of children it has waited for. */
  readonly cpuTicks: number;
  readonly residentPages: number;
};
type Snapshot = { readonly at: number; readonly processes: ReadonlyMap<number, Stat> };

/** Reads `/proc`. What belongs to other users is left out in silence: it is not ours. */
export class LinuxProcessTable implements ProcessTable {
  readonly #clock: Clock;
  #snapshot: Snapshot | undefined;
  #boot: string | undefined;
  #pageBytes: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  startOf(pid: number): Promise<string | undefined> {
    const stat = readStat(pid);
    return Promise.resolve(stat === undefined ? undefined : this.#start(stat));
  }

  members(program: ProcessMark, startedUntilS?: number): Promise<readonly Member[]> {
    if (!program.start.endsWith(` ${this.#bootId()}`)) return Promise.resolve([]);
    const { processes } = this.#look();
    const leader = processes.get(program.pid);
    if (leader !== undefined && this.#start(leader) !== program.start) return Promise.resolve([]);
    const members = [...processes]
      .filter(([, stat]) => stat.session === program.pid)
      .map(([pid, stat]) => ({ pid, group: stat.group, startS: stat.startTicks / TICKS_PER_S }))
      .filter((member) => startedUntilS === undefined || member.startS <= startedUntilS + UPTIME_SLACK_S);
    return Promise.resolve(members);
  }

  listeners(pids: readonly number[]): Promise<readonly Listener[] | undefined> {
    const listening = new Map<string, Listener>();
    for (const table of ["tcp", "tcp6"]) {
      for (const [inode, listener] of parseListeningSockets(readOrEmpty(`/proc/net/${table}`)))
        listening.set(inode, listener);
    }
    const found = pids.flatMap(socketInodes).flatMap((inode) => listening.get(inode) ?? []);
    const unique = new Map(found.map((listener) => [`${listener.address} ${listener.port}`, listener]));
    return Promise.resolve([...unique.values()].toSorted((left, right) => left.port - right.port));
  }

  usage(programs: readonly ProcessMark[]): Promise<readonly Usage[]> {
    const { processes } = this.#look();
    const bySession = Map.groupBy(processes.values(), (stat) => stat.session);
    return Promise.resolve(
      programs.map((program) => {
        const leader = processes.get(program.pid);
        const isOurs =
          program.start.endsWith(` ${this.#bootId()}`) &&
          (leader === undefined || this.#start(leader) === program.start);
        return this.#sum(isOurs ? (bySession.get(program.pid) ?? []) : []);
      }),
    );
  }

  describe(pids: readonly number[]): Promise<readonly InstanceProcess[]> {
    const found = pids.flatMap((pid): InstanceProcess[] => {
      const stat = readStat(pid);
      if (stat === undefined) return [];
      const { cpuMs, memoryBytes } = this.#sum([stat]);
      const argv = nulSeparated(readOrEmpty(`/proc/${pid}/cmdline`));
      return [{ pid, parentPid: stat.parent, argv, cpuMs, memoryBytes }];
    });
    return Promise.resolve(found.toSorted((left, right) => left.pid - right.pid));
  }

  #sum(stats: readonly Stat[]): Usage {
    const cpuTicks = stats.reduce((sum, stat) => sum + stat.cpuTicks, 0);
    const pages = stats.reduce((sum, stat) => sum + stat.residentPages, 0);
    this.#pageBytes ??= readPageBytes();
    return {
      cpuMs: (cpuTicks * 1_000) / TICKS_PER_S,
      memoryBytes: pages * this.#pageBytes,
      processCount: stats.length,
    };
  }

  execution(pid: number): Promise<Execution | undefined> {
    // In this order: a process that executes another program between the two gives the later environment to the earlier
    // arguments, which the caller recognizes. While it does so, both are empty for a moment.
    const argv = nulSeparated(readOrEmpty(`/proc/${pid}/cmdline`));
    const env = nulSeparated(readOrEmpty(`/proc/${pid}/environ`)).map((entry): [string, string] => {
      const equals = entry.indexOf("=");
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    });
    const isReadable = argv.length > 0 && env.length > 0;
    return Promise.resolve(isReadable ? { argv, env: Object.fromEntries(env) } : undefined);
  }

  #start(stat: Stat): string {
    return `${stat.startTicks} ${this.#bootId()}`;
  }

  #bootId(): string {
    return (this.#boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  }

  #look(): Snapshot {
    const now = this.#clock.now();
    const old = this.#snapshot;
    if (old !== undefined && now >= old.at && now - old.at < SNAPSHOT_AGE_MS_MAX) return old;
    const pids = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
    const stats = pids.map((pid) => [pid, readStat(pid)] as const);
    const processes = new Map(stats.flatMap(([pid, stat]) => (stat === undefined ? [] : [[pid, stat] as const])));
    return (this.#snapshot = { at: now, processes });
  }
}

function readStat(pid: number): Stat | undefined {
  const text = readOrEmpty(`/proc/${pid}/stat`);
  // The program's name stands in brackets and may hold anything; the fields from the state (3) on follow the last bracket.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields[0] ?? "";
  if (text === "" || state === "Z" || state === "X") return undefined;
  return {
    state,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTicks: Number(fields[19]),
    cpuTicks: [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0),
    residentPages: Number(fields[21]),
  };
}

/** 4 KiB but on some ARM kernels. */
function readPageBytes(): number {
  const found = /^KernelPageSize:\s+(\d+) kB$/m.exec(readOrEmpty("/proc/self/smaps"));
  return found === null ? 4_096 : Number(found[1]) * 1_024;
}

/** Socket inodes a process holds open. */
function socketInodes(pid: number): readonly string[] {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(readLink(`${directory}/${fd}`))?.[1] ?? []);
  } catch (error) {
    if (hasCode(error, "ENOENT", "EACCES", "EPERM", "ESRCH")) return [];
    throw error;
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // Closed since the directory was read.
  }
}

/** Empty for a process that is gone meanwhile or belongs to somebody else. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "EACCES", "EPERM", "ESRCH", "ENOTDIR")) return "";
    throw error;
  }
}

function nulSeparated(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\0$/, "").split("\0");
}

const LISTEN = "0A";

/** Inode and address of each socket in state LISTEN in the text of `/proc/net/tcp` or `tcp6`. */
export function parseListeningSockets(text: string): readonly (readonly [string, Listener])[] {
  return text
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [address = "", port = ""] = (fields[1] ?? "").split(":");
      const inode = fields[9];
      if (fields[3] !== LISTEN || inode === undefined) return [];
      return [[inode, { address: decodeAddress(address), port: Number.parseInt(port, 16) }] as const];
    });
}

/** The kernel prints 32-bit words in the machine's byte order; all machines Node runs Portside on are little-endian. */
function decodeAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) =>
    (word.match(/../g) ?? []).toReversed().map((byte) => Number.parseInt(byte, 16)),
  );
  const v4 = bytes.slice(-4).join(".");
  if (bytes.length === 4) return v4;
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (isMapped) return v4;
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  // The URL parser writes the canonical short form, in brackets.
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
