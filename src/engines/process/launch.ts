import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { revealAll } from "../../lib/secret.ts";
import { resolveLaunch, type LaunchProcess, type LaunchStep, type ResolvedLaunch } from "../../model/launch-plan.ts";
import type { InstanceSpec } from "../engine.ts";
import type { InstanceDirectory } from "./instance-directory.ts";

/** Where the instance lives on this host, and its port. */
export type LaunchPlaces = {
  readonly directory: InstanceDirectory;
  /** PATH before layers and config variables. */
  readonly basePath: string;
  readonly shell: string;
  readonly port: number | undefined;
};

/**
 * Command, environment and directory of an instance, in its own copy of the app. Contract §2, §4, D68, D69.
 * `LANG`, `HOME` and `TMPDIR` are defaults below layers and config variables; nothing comes from the platform's own environment.
 */
export function planLaunch(spec: InstanceSpec, places: LaunchPlaces): ResolvedLaunch {
  const { directory } = places;
  const appDir = appDirectory(spec, directory);
  const artifactApp = join(spec.artifact.directory, "app");
  // A build wrote down where the app lay then. The instance has its own copy, and must not write into the artifact.
  const relocate = (text: string): string => text.replaceAll(artifactApp, directory.app);
  const port = places.port === undefined ? {} : { PORT: String(places.port) };
  const launch = resolveLaunch({
    plan: { steps: spec.artifact.launchPlan.steps.map((step) => relocateStep(step, relocate)) },
    process: relocateProcess(spec, directory, relocate),
    env: { ...revealAll(spec.env, "instance start"), ...port },
    basePath: places.basePath,
    appDir,
    shell: places.shell,
    hasProfile: existsSync(join(appDir, ".profile")),
    appProfiles: appProfiles(appDir),
  });
  return { ...launch, env: { LANG: "C.UTF-8", HOME: appDir, TMPDIR: directory.tmp, ...launch.env } };
}

/** Where the program of an instance works: the app's own copy, or below it, or wherever its buildpack wants it. */
export function workingDirectory(spec: InstanceSpec, directory: InstanceDirectory): string {
  const appDir = appDirectory(spec, directory);
  const wanted = spec.process.workingDir ?? appDir;
  return resolve(appDir, wanted.replaceAll(join(spec.artifact.directory, "app"), directory.app));
}

/** Where the app lies in the instance's copy of the source. Contract §1. */
function appDirectory(spec: InstanceSpec, directory: InstanceDirectory): string {
  return join(directory.app, spec.artifact.appPath ?? ".");
}

function relocateProcess(
  spec: InstanceSpec,
  directory: InstanceDirectory,
  relocate: (text: string) => string,
): LaunchProcess {
  const { process } = spec;
  const moved = { ...process, command: process.command.map(relocate), args: process.args.map(relocate) };
  return process.workingDir === undefined ? moved : { ...moved, workingDir: workingDirectory(spec, directory) };
}

function relocateStep(step: LaunchStep, relocate: (text: string) => string): LaunchStep {
  if (step.kind === "env") return { ...step, value: relocate(step.value) };
  return step.kind === "pathDirectory" ? { ...step, directory: relocate(step.directory) } : step;
}

/** The app's own `.profile.d/*.sh`, sorted (D69). */
function appProfiles(app: string): readonly string[] {
  const directory = join(app, ".profile.d");
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.endsWith(".sh"));
  return names.toSorted().map((name) => join(directory, name));
}

/** `bash` where the path has one, else the system's `sh`. Contract §2. */
export function findShell(path: string): string {
  const found = path
    .split(":")
    .map((directory) => join(directory, "bash"))
    .find(isExecutable);
  return found ?? "/bin/sh";
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * What is wrong with an environment that no process can be given, naming the variable and never its value; undefined when
 * nothing is. Node's own message would quote the value.
 */
export function findEnvProblem(env: Readonly<Record<string, string>>, valueBytesMax: number): string | undefined {
  for (const [name, value] of Object.entries(env)) {
    if (name === "" || /[=\0]/.test(name)) return "a variable has a name that no environment can hold";
    if (value.includes("\0")) return `the value of ${name} holds a NUL character`;
    if (Buffer.byteLength(value) > valueBytesMax) return `the value of ${name} is longer than ${valueBytesMax} bytes`;
  }
  return undefined;
}
