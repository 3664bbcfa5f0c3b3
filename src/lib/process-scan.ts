import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";

const PAGE_BYTES = 4_096;
const BLOCK_BYTES = 512;

/** Numbers of all processes that can be seen; none where there is no /proc. */
function allProcesses(): number[] {
  return (
    attempt(() =>
      readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map(Number),
    ) ?? []
  );
}

/** Processes whose initial environment holds that text: also those that left their group or session, not those that cleared it. */
export function processesMarked(mark: string): readonly number[] {
  const wanted = Buffer.from(mark);
  return allProcesses().filter((pid) => attempt(() => readFileSync(`/proc/${pid}/environ`).includes(wanted)) === true);
}

/** Processes in the pid namespace of that first process, without it. */
export function processesInNamespaceOf(init: number): readonly number[] {
  const namespace = attempt(() => readlinkSync(`/proc/${init}/ns/pid`));
  if (namespace === undefined) return [];
  return allProcesses().filter(
    (pid) => pid !== init && attempt(() => readlinkSync(`/proc/${pid}/ns/pid`)) === namespace,
  );
}

/** Children of a process. */
export function childrenOf(pid: number): readonly number[] {
  const text = attempt(() => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")) ?? "";
  return text.split(" ").filter(Boolean).map(Number);
}

/** Memory these processes hold now, in bytes; pages they share count once for each. */
export function residentBytes(pids: readonly number[]): number {
  const pages = pids.map((pid) =>
    Number(attempt(() => readFileSync(`/proc/${pid}/statm`, "utf8"))?.split(" ")[1] ?? 0),
  );
  return pages.reduce((sum, count) => sum + count * PAGE_BYTES, 0);
}

/** Bytes on disk of files that have no name any more but that these processes hold open. */
export function openDeletedBytes(pids: readonly number[]): number {
  const files = new Map<string, number>();
  for (const pid of pids) {
    for (const name of attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
      const stat = attempt(() => statSync(`/proc/${pid}/fd/${name}`));
      if (stat?.isFile() === true && stat.nlink === 0) files.set(`${stat.dev}:${stat.ino}`, stat.blocks * BLOCK_BYTES);
    }
  }
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Sends SIGKILL; a process that is gone is as good. */
export function killProcesses(pids: readonly number[]): void {
  for (const pid of pids) attempt(() => process.kill(pid, "SIGKILL"));
}

/** Processes come and go while we look. */
function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
