import { chmodSync, lstatSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { connect } from "node:net";
import type { Server } from "node:net";
import { dirname, join } from "node:path";
import { hasCode } from "../lib/files.ts";
import { PortsideError } from "../model/error-registry.ts";

/** The file of a bound Unix socket; `remove` leaves it alone when another server has replaced it. */
export type SocketFile = { remove(): void };

/**
 * Binds a server to a Unix socket at `path`. It is made inside a private directory and moved to its place with mode 0600,
 * so that no umask ever opens it to others (security.md rule 22), and an old file goes only when nothing answers on it.
 * E_SERVER_START when something does; E_HOME_UNUSABLE when no socket can be made there.
 */
export async function bindSocket(server: Server, path: string): Promise<SocketFile> {
  await refuseLiving(path);
  let directory: string | undefined;
  try {
    directory = mkdtempSync(join(dirname(path), ".api-"));
    const made = join(directory, "s");
    await listen(server, made);
    chmodSync(made, 0o600);
    renameSync(made, path);
    const { ino } = lstatSync(path, { bigint: true });
    return { remove: () => removeIfStill(path, ino) };
  } catch (cause) {
    server.close();
    const problem = hasCode(cause, "EINVAL", "ENAMETOOLONG")
      ? "its path is too long for a Unix socket"
      : `no Unix socket can be made in it (${describe(cause)})`;
    throw new PortsideError("E_HOME_UNUSABLE", { path: dirname(path), problem }, { cause });
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}

async function refuseLiving(path: string): Promise<void> {
  const found = statIfExists(path);
  if (found === undefined) return;
  if (!found.isSocket())
    throw new PortsideError("E_SERVER_START", { problem: `${path} is in the way and is no socket` });
  const failure = await new Promise<unknown>((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => resolve(undefined)).once("error", resolve);
    probe.once("connect", () => probe.destroy());
  });
  // Anything but a plain refusal (a full queue, a missing right) may still be a living server.
  if (!hasCode(failure, "ECONNREFUSED", "ENOENT"))
    throw new PortsideError("E_SERVER_START", { problem: `another server uses ${path}` });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function removeIfStill(path: string, ino: bigint): void {
  if (statIfExists(path)?.ino === ino) rmSync(path, { force: true });
}

function statIfExists(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

function describe(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
