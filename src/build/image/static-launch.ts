import { applyLaunchSteps, type LaunchPlan, type LaunchProcess } from "../../model/launch-plan.ts";
import { ImageError } from "./image-error.ts";

/** How an image without a launcher starts its one process. */
export type StaticLaunch = {
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  /** The default arguments, which a user's words replace. */
  readonly cmd: readonly string[];
  readonly workingDir: string;
};

/**
 * For images without a shell: the environment is computed now and becomes the image's own. Right only when nothing must run
 * before the program; throws `ImageError` naming what must, or is for one process type alone. Pure. cnb.md §7.2.
 */
export function planStaticLaunch(request: {
  readonly plan: LaunchPlan;
  readonly process: LaunchProcess;
  /** The run image's own. */
  readonly env: Readonly<Record<string, string>>;
  readonly appDir: string;
  readonly appProfiles: readonly string[];
}): StaticLaunch {
  const { plan, process, env, appDir, appProfiles } = request;
  const needs = plan.steps.flatMap((step) => {
    if (step.kind === "execD" || step.kind === "profile") return [step.path];
    return step.kind === "env" && step.processType !== undefined ? [`env.launch/${step.processType}/${step.name}`] : [];
  });
  if (!process.direct) needs.push(`the shell command of \`${process.type}\``, ...appProfiles);
  if (needs.length > 0)
    throw new ImageError(`there is no shell in the run image, and it is needed for ${needs.join(", ")}`);
  return {
    env: applyLaunchSteps(env, plan.steps),
    entrypoint: process.command,
    cmd: process.args,
    workingDir: process.workingDir ?? appDir,
  };
}
