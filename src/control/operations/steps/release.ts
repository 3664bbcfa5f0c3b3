import { PortsideError } from "../../../model/error-registry.ts";
import { findProcess, type Artifact } from "../../../model/artifact.ts";
import type { Digest } from "../../../model/source.ts";
import { describeExit, type InstanceId } from "../../../model/instance.ts";
import type { Release } from "../../../model/release.ts";
import { artifactOf, instanceSpec } from "../../instances/launch-spec.ts";
import type { Step, StepContext } from "../step.ts";
import { typesOf } from "./build.ts";

const EVIDENCE_LINES_MAX = 20;
const KILL_GRACE_MS = 10_000;

/** Makes the release and runs its release command, if the Procfile has one, with the new code and config. Contract §6. */
export const release: Step = {
  name: "release",
  async run(context) {
    const made = createRelease(context);
    if (made === undefined) return { outcome: "skipped", detail: "no release to run yet" };
    if (!made.hasReleaseCommand) return { outcome: "done", detail: `v${made.number}`, facts: { release: made.number } };
    const command = findProcess(artifactOf(context, made), "release")?.command.join(" ") ?? "";
    await runReleaseCommand(context, made);
    return { outcome: "done", detail: `v${made.number}  ${command}`, facts: { release: made.number } };
  },
  async undo(context) {
    const { store, operation, engine } = context;
    await engine.stop(oneOffId(operation.id), KILL_GRACE_MS, context.signal);
    await engine.forget(oneOffId(operation.id), context.signal);
    const made = store.releases.list(operation.app).find((candidate) => candidate.operation === operation.id);
    if (made?.status === "pending") store.releases.setStatus(operation.app, made.number, "failed");
  },
};

/** Nothing to release when config is set on an app that was never deployed. */
function createRelease(context: StepContext): Release | undefined {
  const { store, operation, clock } = context;
  const app = store.apps.get(operation.app);
  const base = app.currentRelease === undefined ? undefined : store.releases.get(app.name, app.currentRelease);
  const { facts } = operation;
  const artifact = facts.artifact ?? base?.artifact;
  const source = facts.source ?? base?.source;
  if (artifact === undefined || source === undefined) return undefined;
  const types = typesOf(findArtifact(context, artifact));
  const declared = facts.declared ?? base;
  const appDescription = facts.declared === undefined ? base?.appDescription : facts.declared.description;
  return store.releases.create({
    app: app.name,
    operation: operation.id,
    createdAt: clock.now(),
    artifact,
    source,
    configVersion: facts.configVersion ?? app.configVersion,
    declaredFormation: facts.declared?.formation ?? base?.declaredFormation ?? {},
    formation: facts.formation ?? app.formation,
    healthchecks: declared?.healthchecks ?? {},
    stopTimeouts: declared?.stopTimeouts ?? {},
    types: types.filter((type) => type !== "release"),
    hasReleaseCommand: types.includes("release"),
    ...(appDescription === undefined ? {} : { appDescription }),
    description: describe(context),
  });
}

function findArtifact(context: StepContext, digest: Digest): Artifact {
  const artifact = context.builder.findArtifact(digest);
  if (artifact === undefined) throw new PortsideError("E_RELEASE_ARTIFACT_GONE", { number: "?" });
  return artifact;
}

async function runReleaseCommand(context: StepContext, made: Release): Promise<void> {
  const { engine, clock, limits, logs, operation } = context;
  const id = oneOffId(operation.id);
  const shown = new AbortController();
  const showing = show(context, id, shown.signal);
  try {
    await engine.start(instanceSpec(context, made, { id, type: "release", number: 1, kind: "oneOff" }), context.signal);
    const timeout = new AbortController();
    const overdue = clock
      .sleep(limits.releaseCommandMs, AbortSignal.any([context.signal, timeout.signal]))
      .then(() => undefined);
    const exit = await Promise.race([engine.exited(id, context.signal), overdue]).finally(() =>
      timeout.abort(new Error("ended")),
    );
    overdue.catch(() => {});
    if (exit === undefined)
      throw new PortsideError("E_TIME_LIMIT", {
        what: "The release command",
        limit: `${limits.releaseCommandMs / 60_000} min`,
      });
    // It is forgotten by the next step: until this one's end is a row, a repetition must find it ended.
    if (exit.code === 0) return;
    const evidence = logs.lastOf(id, EVIDENCE_LINES_MAX).map((line) => `${line.source}: ${line.text}`);
    throw new PortsideError("E_RELEASE_PHASE", { problem: describeExit(exit) }, { evidence });
  } finally {
    shown.abort(new Error("ended"));
    await showing;
  }
}

/** Streams the command's lines into the operation until it is stopped; what is stored by then is shown. */
async function show(context: StepContext, id: InstanceId, signal: AbortSignal): Promise<void> {
  const { logs, operation } = context;
  let shown = 0;
  for await (const line of logs.followInstance(operation.app, id, signal)) {
    context.tell.output("release.1", line.text);
    shown = line.id;
  }
  for (const line of logs.lastOf(id, 1000)) if (line.id > shown) context.tell.output("release.1", line.text);
}

/** The release command's instance, there from its start to the start of the services. */
export function oneOffId(operation: number): InstanceId {
  return `release-o${operation}`;
}

/** `Deploy 3f2a9c1b`, `Rollback to v3`, `Set A; unset B`. */
function describe(context: StepContext): string {
  const { request, facts } = context.operation;
  switch (request.kind) {
    case "deploy":
      return `Deploy ${facts.source?.slice(7, 15)}`;
    case "rollback":
      return `Rollback to v${request.release}`;
    case "config":
      return describeConfig(request.sealedValues);
    default:
      return request.kind;
  }
}

function describeConfig(values: Readonly<Record<string, unknown>>): string {
  const names = (unset: boolean): string[] =>
    Object.entries(values).flatMap(([name, value]) => ((value === null) === unset ? [name] : []));
  const parts = [
    names(false).length > 0 ? `Set ${names(false).join(", ")}` : "",
    names(true).length > 0 ? `Unset ${names(true).join(", ")}` : "",
  ];
  return parts.filter(Boolean).join("; ");
}
