import type { AppName } from "../../model/app.ts";
import type { Build } from "../../model/build.ts";
import type { OperationEvent } from "../../model/operation.ts";
import type { Digest } from "../../model/source.ts";

/** A build that went well. */
export function fakeBuild(app: AppName, artifact: Digest, atMs: number): Build {
  return {
    app,
    number: 1,
    operation: 1,
    status: "succeeded",
    queuedAt: atMs,
    startedAt: atMs,
    endedAt: atMs + 2_000,
    phase: "export",
    sections: [{ name: "portside/nodejs 1.0.0", durationMs: 1_500, failed: false }],
    artifact,
    sizeBytes: 1_000,
    measure: { memoryPeakBytes: 50_000_000, cpuMs: 900, oomKillCount: 0, confinement: "namespaces" },
  };
}

/** A line and the end of a section. */
export function fakeBuildOutput(at: number): readonly OperationEvent[] {
  const section = { type: "section", step: "build", name: "portside/nodejs 1.0.0" } as const;
  return [
    { seq: 1, at, type: "output", step: "build", source: "portside/nodejs", text: "npm ci" },
    { seq: 2, at, ...section, state: "done", durationMs: 1_500 },
  ];
}
