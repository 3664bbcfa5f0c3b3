import type { Release } from "../../model/release.ts";
import type { RunSubject } from "../instances/launch-spec.ts";
import type { StepContext } from "./step.ts";

/** What a deploy has built and is going to release. */
export function candidate({ operation, store }: StepContext): RunSubject {
  const { artifact, source, configVersion } = operation.facts;
  if (artifact === undefined || source === undefined) throw new Error("nothing is built yet");
  const version = configVersion ?? store.apps.get(operation.app).configVersion;
  return { app: operation.app, artifact, source, configVersion: version };
}

/** The release that serves; none before the first success. */
export function currentRelease({ operation, store }: StepContext): Release | undefined {
  const { name, currentRelease: number } = store.apps.get(operation.app);
  return number === undefined ? undefined : store.releases.find(name, number);
}
