import { freemem } from "node:os";
import { readTextIfExists } from "./files.ts";

/** Bytes of memory that programs can have now without anybody being pushed out: cached files count as free. */
export function availableMemoryBytes(): number {
  const match = /^MemAvailable:\s+(\d+) kB$/m.exec(readTextIfExists("/proc/meminfo") ?? "");
  return match === null ? freemem() : Number(match[1]) * 1_024;
}
