import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cgroupPlaces, type CgroupPlaces } from "./cgroup-mounts.ts";
import { systemClock } from "./clock.ts";
import { hasCode, readTextIfExists } from "./files.ts";

/** What a group may take at most; absent: no limit. `cpuShare` is its weight against others, 1 being a usual group's. */
export type CgroupLimits = {
  readonly memoryBytesMax?: number;
  readonly cpuCoresMax?: number;
  readonly cpuShare?: number;
  readonly processesMax?: number;
};

/** What a group has taken so far; `undefined` where the machine does not count it. */
export type CgroupUsage = {
  /** Memory that cannot be given back by forgetting cached files: anonymous and shared. Now, in bytes. */
  readonly memoryBytes: number | undefined;
  readonly cpuMs: number | undefined;
  /** Processes the kernel killed for want of memory. */
  readonly oomKillCount: number;
  /** Forks that were refused. */
  readonly forksRefusedCount: number;
};

const CPU_PERIOD_US = 100_000;
const CPU_WEIGHT_USUAL = 100;
const CPU_SHARES_USUAL = 1024;
const KILL_POLL_MS = 5;

/**
 * Control groups below one directory of ours: v2 where it carries the controllers, else v1.
 * `undefined` where none can be made (no root, not mounted, not Linux).
 */
export class Cgroups {
  readonly #places: CgroupPlaces;
  readonly #name: string;

  private constructor(places: CgroupPlaces, name: string) {
    this.#places = places;
    this.#name = name;
  }

  /** `name` is the directory that holds all groups of one owner; groups an earlier owner of that name left are killed and removed. */
  static async open(name: string): Promise<Cgroups | undefined> {
    const places = readPlaces();
    const bases = Object.values(places?.directories ?? {}).map((directory) => join(directory, name));
    if (places === undefined || bases.length === 0) return undefined;
    try {
      for (const base of bases) mkdirSync(base, { recursive: true });
    } catch (error) {
      if (hasCode(error, "EACCES", "EPERM", "EROFS", "ENOENT")) return undefined;
      throw error;
    }
    const groups = new Cgroups(places, name);
    for (const child of new Set(bases.flatMap(directoriesIn))) await groups.#existing(child).remove();
    bases.forEach(removeDirectory);
    return groups;
  }

  /** What limits hold here, for telling people. */
  get limits(): readonly ("memory" | "cpu" | "processes")[] {
    const { version, directories } = this.#places;
    if (version === 2) return ["memory", "cpu", "processes"];
    const kinds = [directories.memory && "memory", directories.cpu && "cpu", directories.pids && "processes"] as const;
    return kinds.filter((kind) => kind === "memory" || kind === "cpu" || kind === "processes");
  }

  /** Makes a group with these limits. */
  create(child: string, limits: CgroupLimits): Cgroup {
    const { version, directories } = this.#places;
    const bases = Object.values(directories).map((directory) => join(directory, this.#name));
    for (const base of bases) mkdirSync(base, { recursive: true });
    if (version === 2) enableControllers(directories.unified ?? "", this.#name);
    const group = this.#existing(child);
    group.make(limits);
    return group;
  }

  #existing(child: string): Cgroup {
    const entries = Object.entries(this.#places.directories);
    const directories = Object.fromEntries(entries.map(([key, base]) => [key, join(base, this.#name, child)]));
    return new Cgroup({ version: this.#places.version, directories });
  }
}

/** One control group: join it by writing a process's number into each of `joinFiles`, before that process does anything. */
export class Cgroup {
  readonly #places: CgroupPlaces;

  constructor(places: CgroupPlaces) {
    this.#places = places;
  }

  get joinFiles(): readonly string[] {
    return Object.values(this.#places.directories).map((directory) => join(directory, "cgroup.procs"));
  }

  /** Makes the directories and writes the limits; a limit the machine does not know is left out. */
  make(limits: CgroupLimits): void {
    for (const directory of Object.values(this.#places.directories)) mkdirSync(directory, { recursive: true });
    for (const [file, value] of this.#limitFiles(limits)) write(file, value);
  }

  usage(): CgroupUsage {
    const { version, directories: at } = this.#places;
    const memory = (version === 2 ? at.unified : at.memory) ?? "/nonexistent";
    const pids = (version === 2 ? at.unified : at.pids) ?? "/nonexistent";
    const stat = fields(join(memory, "memory.stat"));
    const parts = version === 2 ? ["anon", "shmem"] : ["total_rss", "total_shmem"];
    const known = parts.flatMap((name) => stat.get(name) ?? []);
    return {
      memoryBytes: known.length === 0 ? undefined : known.reduce((sum, bytes) => sum + bytes, 0),
      cpuMs: this.#cpuMs(),
      oomKillCount: fields(join(memory, version === 2 ? "memory.events" : "memory.oom_control")).get("oom_kill") ?? 0,
      forksRefusedCount: fields(join(pids, "pids.events")).get("max") ?? 0,
    };
  }

  /** Numbers of the processes in it. */
  processes(): readonly number[] {
    const all = this.joinFiles.flatMap((file) =>
      (readTextIfExists(file) ?? "").split("\n").filter(Boolean).map(Number),
    );
    return [...new Set(all)];
  }

  /**
   * Kills everything in it, also what left its session or forks without end, and resolves once it is empty.
   * False when something is still there after `limitMs`.
   */
  async kill(limitMs = 2_000): Promise<boolean> {
    const killFile = join(this.#places.directories.unified ?? "/nonexistent", "cgroup.kill");
    const hasKill = existsSync(killFile);
    for (let waited = 0; ; waited += KILL_POLL_MS) {
      const left = this.processes();
      if (left.length === 0) return true;
      if (waited >= limitMs) return false;
      if (hasKill) write(killFile, "1");
      else left.forEach(killProcess);
      await systemClock.sleep(KILL_POLL_MS);
    }
  }

  /** Kills what is in it and removes it; a group that is not there is as good. */
  async remove(): Promise<void> {
    await this.kill();
    for (const directory of Object.values(this.#places.directories)) {
      // A process that has just been reaped may hold the directory for a moment.
      for (let tries = 0; tries < 20 && !removeDirectory(directory); tries += 1) await systemClock.sleep(KILL_POLL_MS);
      // The owner's directory goes with its last group.
      removeDirectory(dirname(directory));
    }
  }

  #limitFiles(limits: CgroupLimits): (readonly [string, string])[] {
    const { memoryBytesMax, cpuCoresMax, cpuShare = 1, processesMax } = limits;
    const { version, directories: at } = this.#places;
    const quota = cpuCoresMax === undefined ? undefined : String(Math.round(cpuCoresMax * CPU_PERIOD_US));
    const files: readonly (readonly [string | undefined, string, string | undefined])[] =
      version === 2
        ? [
            [at.unified, "memory.max", memoryBytesMax?.toString()],
            [at.unified, "memory.swap.max", memoryBytesMax === undefined ? undefined : "0"],
            [at.unified, "cpu.max", quota === undefined ? undefined : `${quota} ${CPU_PERIOD_US}`],
            [at.unified, "cpu.weight", String(Math.max(1, Math.round(cpuShare * CPU_WEIGHT_USUAL)))],
            [at.unified, "pids.max", processesMax?.toString()],
          ]
        : [
            [at.memory, "memory.limit_in_bytes", memoryBytesMax?.toString()],
            [at.memory, "memory.memsw.limit_in_bytes", memoryBytesMax?.toString()],
            [at.cpu, "cpu.cfs_period_us", quota === undefined ? undefined : String(CPU_PERIOD_US)],
            [at.cpu, "cpu.cfs_quota_us", quota],
            [at.cpu, "cpu.shares", String(Math.max(2, Math.round(cpuShare * CPU_SHARES_USUAL)))],
            [at.pids, "pids.max", processesMax?.toString()],
          ];
    return files.flatMap(([directory, file, value]) =>
      directory === undefined || value === undefined ? [] : [[join(directory, file), value] as const],
    );
  }

  #cpuMs(): number | undefined {
    const { version, directories: at } = this.#places;
    if (version === 2) {
      const us = fields(join(at.unified ?? "/nonexistent", "cpu.stat")).get("usage_usec");
      return us === undefined ? undefined : us / 1000;
    }
    const ns = readTextIfExists(join(at.cpuacct ?? "/nonexistent", "cpuacct.usage"));
    return ns === undefined ? undefined : Number(ns) / 1_000_000;
  }
}

function readPlaces(): CgroupPlaces | undefined {
  const mountInfo = readTextIfExists("/proc/self/mountinfo");
  if (mountInfo === undefined) return undefined;
  return cgroupPlaces({
    mountInfo,
    ownGroups: readTextIfExists("/proc/self/cgroup") ?? "",
    controllersOf: (root) => readTextIfExists(join(root, "cgroup.controllers")) ?? "",
  });
}

/** Controllers must be handed down a level at a time; one that cannot be is missed by the limit's own write. */
function enableControllers(root: string, name: string): void {
  for (const directory of [root, join(root, name)])
    for (const controller of ["memory", "cpu", "pids"])
      write(join(directory, "cgroup.subtree_control"), `+${controller}`);
}

function write(file: string, value: string): void {
  try {
    writeFileSync(file, value);
  } catch (error) {
    if (!hasCode(error, "ENOENT", "EACCES", "EPERM", "EINVAL", "EBUSY", "ENODEV", "EOPNOTSUPP", "ENOTSUP")) throw error;
  }
}

function removeDirectory(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    return hasCode(error, "ENOENT");
  }
}

function directoriesIn(path: string): string[] {
  return readdirSync(path).filter((name) => statSync(join(path, name)).isDirectory());
}

function fields(file: string): ReadonlyMap<string, number> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // Not counted here, or gone meanwhile.
    return new Map();
  }
  return new Map(
    text.split("\n").map((line): [string, number] => {
      const [name = "", value = ""] = line.split(" ");
      return [name, Number(value)];
    }),
  );
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error;
  }
}
