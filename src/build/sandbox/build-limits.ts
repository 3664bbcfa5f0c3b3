import { availableParallelism, totalmem } from "node:os";

const MIB = 1_048_576;
const GIB = 1_073_741_824;

/** What one build may take. An operator sets them (docs/reference/settings.md). */
export type BuildLimits = {
  /** Memory of all its processes together; held where the machine has control groups for us. */
  readonly memoryBytesMax: number;
  /** Processors, as `1.5`; held as memory is. */
  readonly cpuCoresMax: number;
  /** Processes and threads at a time; held as memory is. */
  readonly processCountMax: number;
  /** Files of the build: each counts with its length or its blocks, whichever is more. */
  readonly diskBytesMax: number;
  readonly fileCountMax: number;
  /** Free space that a build leaves to everybody else on that disk. */
  readonly diskFreeBytesMin: number;
  readonly timeMsMax: number;
};

/** The defaults: half of the machine, so that what runs keeps the other half. */
export function defaultBuildLimits(): BuildLimits {
  return {
    memoryBytesMax: Math.floor(machineMemoryBytes() / 2),
    cpuCoresMax: availableParallelism() / 2,
    processCountMax: 4_096,
    diskBytesMax: 10 * GIB,
    fileCountMax: 2_000_000,
    diskFreeBytesMin: 512 * MIB,
    timeMsMax: 30 * 60_000,
  };
}

/** The machine's memory, or what a container leaves us of it. */
function machineMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}
