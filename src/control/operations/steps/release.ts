import { PortsideError } from "../../../model/error-registry.ts";
import { findProcess, type Artifact } from "../../../model/artifact.ts";
import type { Digest } from "../../../model/source.ts";
import type { Release } from "../../../model/release.ts";
import { artifactOf } from "../../instances/launch-spec.ts";
import { demandOneOff, endOneOffs } from "../one-off.ts";
import type { Step, StepContext } from "../step.ts";
import { typesOf } from "./build.ts";

/** Makes the release and runs its release command, if the Procfile has one, with the new code and config. Contract §6. */
export const release: Step = {
  name: "release",
  async run(context) {
    const made = createRelease(context);
    if (made === undefined) return { outcome: "skipped", detail: "no release to run yet" };
    if (!made.hasReleaseCommand) return { outcome: "done", detail: `v${made.number}`, facts: { release: made.number } };
    const command = findProcess(artifactOf(context, made), "release");
    if (command === undefined) throw new Error("the artifact has lost its release command");
    await demandOneOff(
      context,
      { name: "release", subject: made, command, limitMs: context.limits.releaseCommandMs },
      (problem, evidence) => new PortsideError("E_RELEASE_PHASE", { problem }, { evidence }),
    );
    const text = command.command.join(" ");
    return { outcome: "done", detail: `v${made.number}  ${text}`, facts: { release: made.number } };
  },
  async undo(context) {
    const { store, operation } = context;
    await endOneOffs(context);
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
    resources: declared?.resources ?? {},
    maxParallel: declared?.maxParallel ?? {},
    hooks: declared?.hooks ?? {},
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
