import { readFileSync, readdirSync, readlinkSync } from "node:fs";

/** A process that outlived the lane it belongs to. */
export type Leftover = { readonly pid: number; readonly command: string };

/**
 * Processes that belong to a lane by its own temporary directory: they run in it, name it in an argument, or got it in
 * their environment. By process id. Empty where there is no /proc.
 */
export function findLeftovers(directory: string): Leftover[] {
  const pids = listProcesses().filter((pid) => pid !== process.pid && belongs(pid, directory));
  return pids
    .map((pid) => ({ pid, command: readProc(pid, "cmdline").replaceAll("\0", " ").trim() }))
    .filter(({ command }) => command !== "");
}

function listProcesses(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    // Not Linux: nothing to look at.
    return [];
  }
}

function belongs(pid: number, directory: string): boolean {
  return (
    readProc(pid, "environ").includes(directory) ||
    readProc(pid, "cmdline").includes(directory) ||
    readCwd(pid).startsWith(directory)
  );
}

function readProc(pid: number, file: "cmdline" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // It ended meanwhile, or belongs to somebody else: no leftover of ours.
    return "";
  }
}

function readCwd(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // As above.
    return "";
  }
}

/** Ends processes by id; those that are gone already are what was asked for. */
export function endProcesses(leftovers: readonly Leftover[]): void {
  for (const { pid } of leftovers) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone already.
    }
  }
}
