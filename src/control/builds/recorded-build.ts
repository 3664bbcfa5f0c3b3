import type { BuildRequest } from "../../build/builder.ts";
import type { Artifact } from "../../model/artifact.ts";
import type { BuildMeasure, BuildSectionRecord } from "../../model/build.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { StepContext } from "../operations/step.ts";
import { toFailure } from "../operations/step.ts";
import type { BuildEnd } from "../store/build-rows.ts";

/** The builds of an app whose output is kept; that of earlier ones is removed, their records stay. */
const OUTPUTS_KEPT_MAX = 20;

/** What a build step asks for; queue, output and records are added here. */
export type RecordedRequest = Omit<
  BuildRequest,
  "onOutput" | "onNote" | "onSection" | "onPhase" | "onUsage" | "signal" | "app"
>;

/**
 * Builds when this machine has room for it, and keeps what the build took and how it ended. The waiting is told as output.
 * Rejects as `builder.build` does. Called again for the same operation after a restart it goes on in its old place.
 */
export async function buildRecorded(context: StepContext, request: RecordedRequest): Promise<Artifact> {
  const { store, operation, clock, signal, builds, tell } = context;
  const { app, id } = operation;
  const opened = store.builds.open(app, id, clock.now());
  dropOldOutputs(context, opened.number);
  const record = { sections: [] as BuildSectionRecord[], measure: undefined as BuildMeasure | undefined };
  const end = (status: BuildEnd["status"], more: Partial<BuildEnd>): void => {
    const { sections, measure } = record;
    const details = { sections, ...(measure === undefined ? {} : { measure }), ...more };
    store.builds.end(id, { status, endedAt: clock.now(), ...details });
  };
  const turn = {
    app,
    place: opened.operation,
    signal,
    onWait: (before: readonly string[]) => tell.output(QUEUE, waiting(before)),
  };
  try {
    const artifact = await builds.run(turn, () => {
      store.builds.start(id, clock.now());
      return build(context, request, record);
    });
    end("succeeded", { artifact: artifact.digest, sizeBytes: artifact.sizeBytes });
    return artifact;
  } catch (error) {
    // A server that ends leaves the build as it is: the next one goes on with the operation.
    if (signal.aborted && signal.reason instanceof PortsideError && signal.reason.code === "E_SERVER_STOPPING")
      throw error;
    const { code, message, hint } = toFailure(error);
    end(signal.aborted ? "cancelled" : "failed", { failure: { code, message, hint } });
    throw error;
  }
}

const QUEUE = "queue";

function waiting(before: readonly string[]): string {
  const apps = before.slice(0, 3).map((app) => `\`${app}\``);
  const more = before.length > apps.length ? ` and ${before.length - apps.length} more` : "";
  return `Waiting for the build of ${apps.join(", ")}${more}.`;
}

function build(
  { store, operation, builder, signal, tell }: StepContext,
  request: RecordedRequest,
  record: { readonly sections: BuildSectionRecord[]; measure: BuildMeasure | undefined },
): Promise<Artifact> {
  const { app, id } = operation;
  const expectedMemoryBytes = store.builds.lastPeakBytes(app);
  return builder.build({
    ...request,
    app,
    signal,
    ...(expectedMemoryBytes === undefined ? {} : { expectedMemoryBytes }),
    onOutput: (source, line) => tell.output(source, line),
    onNote: (note) => tell.output(QUEUE, `Note: ${note}`),
    onSection: (section) => {
      tell.section(section);
      if (section.state === "started") return;
      const { name, durationMs, state } = section;
      record.sections.push({ name, durationMs: Math.round(durationMs), failed: state === "failed" });
    },
    onPhase: (phase) => store.builds.reach(id, phase),
    onUsage: ({ memoryPeakBytes, cpuMs, oomKillCount, confinement }) => {
      record.measure = {
        ...(memoryPeakBytes === undefined ? {} : { memoryPeakBytes }),
        ...(cpuMs === undefined ? {} : { cpuMs: Math.round(cpuMs) }),
        oomKillCount,
        confinement,
      };
    },
  });
}

function dropOldOutputs({ store, operation }: StepContext, newest: number): void {
  const old = store.builds
    .list(operation.app, OUTPUTS_KEPT_MAX + 1)
    .find(({ number }) => number === newest - OUTPUTS_KEPT_MAX);
  if (old !== undefined) store.operations.dropOutput(old.operation);
}
