import { nextFormation } from "../../../model/formation.ts";
import { artifactOf } from "../../instances/launch-spec.ts";
import type { Step } from "../step.ts";

/** A rollback runs an earlier release's artifact and config as a new release, through the same steps as a deploy. Contract §10. */
export const chooseRelease: Step = {
  name: "choose",
  run(context) {
    const { store, operation } = context;
    if (operation.request.kind !== "rollback") throw new Error("not a rollback");
    const target = store.releases.get(operation.app, operation.request.release);
    const artifact = artifactOf(context, target);
    const current = store.apps.get(operation.app).formation;
    const types = artifact.processes.map((process) => process.type);
    return Promise.resolve({
      outcome: "done",
      detail: `v${target.number}: ${target.description}`,
      facts: {
        source: target.source,
        artifact: target.artifact,
        configVersion: target.configVersion,
        formation: nextFormation({ types, declared: {}, declaredBefore: {}, current }),
        declared: {
          formation: target.declaredFormation,
          healthchecks: target.healthchecks,
          stopTimeouts: target.stopTimeouts,
          resources: target.resources,
          maxParallel: target.maxParallel,
          hooks: target.hooks,
          ...(target.appDescription === undefined ? {} : { description: target.appDescription }),
        },
      },
    });
  },
};
