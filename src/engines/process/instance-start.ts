import { appendFileSync, constants, existsSync, renameSync } from "node:fs";
import { cp, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { exec } from "../../lib/exec.ts";
import { hasCode } from "../../lib/files.ts";
import { randomHex, type Random } from "../../lib/random.ts";
import type { InstanceSpec } from "../engine.ts";
import { runExecD } from "./exec-d.ts";
import { InstanceDirectory, type StoredSpec } from "./instance-directory.ts";
import { findEnvProblem, planLaunch, workingDirectory } from "./launch.ts";
import { SHIM_ENV, startShim, type EnvPassing } from "./shim.ts";

/** What a start needs besides the spec: places, the port (when one was asked for), time, chance and the right to be aborted. */
export type StartOptions = {
  readonly instancesDirectory: string;
  readonly basePath: string;
  readonly shell: string;
  readonly envPassing: EnvPassing;
  readonly envValueBytesMax: number;
  readonly port: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
};

/** The instance exists. `problem`: why we did not see its program begin, or an abort while we waited for that. */
export type StartOutcome = { readonly directory: InstanceDirectory; readonly problem?: unknown };

type Command = {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
};

const ID = /^[a-z0-9-]{1,100}$/;
/** What a launcher answers when an exec.d program fails. cnb.md §7.1 (6). */
const EXEC_D_FAILED = 82;

/** Names of directories that hold no instance: half made, or half removed. */
export function isStagingName(name: string): boolean {
  return name.startsWith(".");
}

/**
 * Makes the directory of an instance and starts its program. Rejects when the instance does not exist afterwards; nothing of it
 * is left then. The directory appears under its name only when it is complete, and whoever wins its claim decides:
 * a shim (then the instance exists) or the engine (then no shim can start it any more).
 */
export async function startInDirectory(spec: InstanceSpec, options: StartOptions): Promise<StartOutcome> {
  if (!ID.test(spec.id)) throw new Error("an instance id holds lower-case letters, digits and `-` only");
  const directory = new InstanceDirectory(join(options.instancesDirectory, spec.id));
  const attempt = randomHex(options.random, 8);
  if (!(await clearAbortedStart(directory))) return { directory };
  await makeDirectory(spec, directory, { ...options, attempt });
  try {
    const command = await prepareCommand(spec, directory, options);
    const order = { attempt, passing: options.envPassing, ...command };
    await startShim(directory, order, options);
  } catch (problem) {
    if (!directory.claimForNobody()) return { directory, problem };
    await removeDirectory(directory);
    throw problem;
  }
  return { directory };
}

/** False when the earlier start was none that failed: its shim has it after all. */
async function clearAbortedStart(directory: InstanceDirectory): Promise<boolean> {
  if (!existsSync(directory.path)) return true;
  if (existsSync(directory.state) && !directory.claimForNobody() && directory.readClaim() !== "void") return false;
  await removeDirectory(directory);
  return true;
}

async function makeDirectory(
  spec: InstanceSpec,
  directory: InstanceDirectory,
  options: StartOptions & { readonly attempt: string },
): Promise<void> {
  const staging = new InstanceDirectory(stagingPath(directory, options.attempt));
  const stored: StoredSpec = {
    schema: 1,
    id: spec.id,
    app: spec.app,
    name: spec.name,
    kind: spec.kind,
    artifact: spec.artifact.digest,
    cwd: workingDirectory(spec, directory),
    ...(options.port === undefined ? {} : { port: options.port }),
    stopTimeoutS: spec.stopTimeoutS,
    startedAt: options.clock.now(),
  };
  try {
    staging.create(stored, options.attempt);
    await copyApp(spec.artifact.directory, staging);
    options.signal.throwIfAborted();
    renameSync(staging.path, directory.path);
  } catch (error) {
    await rm(staging.path, { recursive: true, force: true });
    throw error;
  }
}

/** The app is the instance's own, blocks shared with the artifact where the file system can; layers are the artifact's. */
async function copyApp(artifactDirectory: string, target: InstanceDirectory): Promise<void> {
  await cp(join(artifactDirectory, "app"), target.app, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    verbatimSymlinks: true,
    // Interpreters judge their compiled files by the time of the source; servers make ETags of it.
    preserveTimestamps: true,
  });
  // For links such as `../layers/…/node_modules` in the app.
  await symlink(join(artifactDirectory, "layers"), join(target.path, "layers"));
}

async function prepareCommand(
  spec: InstanceSpec,
  directory: InstanceDirectory,
  options: StartOptions,
): Promise<Command> {
  const { execD, argv, cwd, env } = planLaunch(spec, { directory, ...options });
  const outcome = await runExecD({
    programs: execD,
    cwd: directory.app,
    env: checked(env, options),
    signal: options.signal,
  });
  appendFileSync(directory.output, outcome.log);
  // The instance exists all the same and ends at once, with the launcher's exit code and the reason in its log.
  if (!outcome.ok)
    return { argv: ["/bin/sh", "-c", `exit ${EXEC_D_FAILED}`], cwd: directory.app, env: { ...SHIM_ENV } };
  return { argv, cwd, env: checked(outcome.env, options) };
}

function checked(env: Readonly<Record<string, string>>, options: StartOptions): Readonly<Record<string, string>> {
  const problem = findEnvProblem(env, options.envValueBytesMax);
  if (problem !== undefined) throw new Error(problem);
  return env;
}

/** Removes every trace, in one visible step: a directory that is only half removed is under another name already. */
export async function removeDirectory(directory: InstanceDirectory): Promise<void> {
  const doomed = stagingPath(directory, "removed");
  if (directory.path !== doomed) {
    await removeTree(doomed);
    renameSync(directory.path, doomed);
  }
  await removeTree(doomed);
}

async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!hasCode(error, "EACCES", "EPERM")) throw error;
    // Some package managers write directories that even their owner may not change.
    await exec(["chmod", "-R", "u+rwX", "--", path], { cwd: "/", env: SHIM_ENV, limitMs: 60_000 });
    await rm(path, { recursive: true, force: true });
  }
}

function stagingPath(directory: InstanceDirectory, suffix: string): string {
  const name = directory.path.slice(dirname(directory.path).length + 1).replace(/^\.(.*)\.[0-9a-z]+$/, "$1");
  return join(dirname(directory.path), `.${name}.${suffix}`);
}
