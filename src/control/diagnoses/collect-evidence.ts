import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import type { ExitRecord, Instance } from "../../model/instance.ts";
import { findProcess, type Artifact } from "../../model/artifact.ts";
import type { CheckOutcome } from "../health/check-runner.ts";
import type { World } from "../world.ts";
import type { Evidence, ScriptFile } from "./diagnosis.ts";

/** Contract §5: so many lines are kept with a crash. */
export const EVIDENCE_LINES_MAX = 200;
const FIRST_LINE_BYTES = 256;

/** Collects what is to be seen of an instance now, before anything of it is cleaned up. */
export async function collectEvidence(
  world: World,
  instance: Instance,
  cause: { readonly exit?: ExitRecord; readonly outcome?: CheckOutcome },
): Promise<Evidence> {
  const never = new AbortController().signal;
  const listeners = cause.exit === undefined ? await world.engine.listeners(instance.id, never) : [];
  const release = world.store.releases.find(instance.app, instance.release);
  const artifact = release === undefined ? undefined : world.builder.findArtifact(release.artifact);
  const process = artifact === undefined ? undefined : findProcess(artifact, instance.type);
  const command = [...(process?.command ?? []), ...(process?.args ?? [])].join(" ");
  const script = artifact === undefined ? undefined : readScript(artifact, command);
  return {
    ...(instance.address === undefined ? {} : { port: instance.address.port }),
    listeners,
    ...cause,
    lines: world.logs.lastOf(instance.id, EVIDENCE_LINES_MAX).map(({ text }) => text),
    command,
    ...(script === undefined ? {} : { script }),
    configNames: release === undefined ? [] : Object.keys(world.store.config.read(instance.app, release.configVersion)),
  };
}

/** The app's own file that a command begins with (`bin/start`, `./run.sh -x`), if it does. */
function readScript(artifact: Artifact, command: string): ScriptFile | undefined {
  const words = command
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "exec" && !/^[A-Za-z_]\w*=/.test(word));
  const [path] = words;
  if (path === undefined || !path.includes("/") || isAbsolute(path)) return undefined;
  const app = join(artifact.directory, "app");
  const file = resolve(app, path);
  if (!file.startsWith(`${app}/`)) return undefined;
  try {
    if (!statSync(file).isFile()) return undefined;
    return { path, isExecutable: mayExecute(file), firstLine: readFirstLine(file) };
  } catch {
    return undefined; // There is no such file, or it cannot be read: then that says nothing.
  }
}

function mayExecute(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readFirstLine(file: string): string {
  const descriptor = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(FIRST_LINE_BYTES);
    const length = readSync(descriptor, buffer, 0, FIRST_LINE_BYTES, 0);
    return buffer.toString("utf8", 0, length).split("\n", 1)[0] ?? "";
  } finally {
    closeSync(descriptor);
  }
}
