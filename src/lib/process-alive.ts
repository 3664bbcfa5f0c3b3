import { readFileSync } from "node:fs";
import { hasCode } from "./files.ts";

/**
 * Whether a process of that id runs. A zombie, which only waits to be collected by its parent, counts as gone
 * (seen where /proc is, elsewhere it counts as running).
 */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, "EPERM");
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name stands in brackets and may hold anything; the state follows the last bracket.
    return !/^\) [ZX]/.test(stat.slice(stat.lastIndexOf(")")));
  } catch {
    return !hasProcFileSystem();
  }
}

function hasProcFileSystem(): boolean {
  try {
    readFileSync("/proc/self/stat");
    return true;
  } catch {
    return false;
  }
}
