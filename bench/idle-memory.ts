import { readFileSync } from "node:fs";
import { spread, type Figure } from "./figures.ts";
import { startPlatform } from "./platform.ts";

const SAMPLE_COUNT = 10;
const SAMPLE_EVERY_MS = 1_000;
const TARGET_MB = { control: 120, edge: 90 } as const;
const KIB_A_MB = 1_000_000 / 1_024;

/** Resident memory of control plane and router with one app deployed and no traffic: the largest of ten samples. */
export async function idleMemory(): Promise<Figure[]> {
  const platform = await startPlatform();
  try {
    const pids = await platform.pids();
    const samples = { control: [] as number[], edge: [] as number[] };
    for (let sample = 0; sample < SAMPLE_COUNT; sample += 1) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_EVERY_MS));
      for (const name of ["control", "edge"] as const) samples[name].push(residentMb(pids[name]));
    }
    return (["control", "edge"] as const).map((name) => {
      const { min, max } = spread(samples[name]);
      return {
        name: name === "control" ? "idle memory, control plane" : "idle memory, router",
        measured: `${max.toFixed(0)} MB`,
        target: `≤ ${TARGET_MB[name]} MB`,
        ok: max <= TARGET_MB[name],
        note: `largest of ${SAMPLE_COUNT} samples, smallest ${min.toFixed(0)} MB`,
      };
    });
  } finally {
    await platform.close();
  }
}

function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has no VmRSS`);
  return Number(kib) / KIB_A_MB;
}
