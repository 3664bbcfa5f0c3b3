import { hasCode } from "../lib/files.ts";
import { PortsideError } from "../model/error-registry.ts";
import { shownPath } from "./shown-text.ts";

const PROBLEMS: readonly (readonly [code: string, problem: string])[] = [
  ["ENOENT", "does not exist"],
  ["ENOTDIR", "is not a folder"],
  ["EACCES", "may not be read by this user"],
  ["EPERM", "may not be read by this user"],
  ["ELOOP", "was replaced by a link while it was read"],
  ["ENAMETOOLONG", "has a path that is too long"],
];

/** E_SOURCE_UNREADABLE: `cause` is what is wrong, or the system's error about `path` (empty: the folder itself). */
export function unreadableSource(root: string, cause: unknown, path = ""): PortsideError {
  const subject = path === "" ? "it" : `\`${shownPath(path)}\``;
  const problem = typeof cause === "string" ? cause : `${subject} ${describe(cause)}`;
  return new PortsideError("E_SOURCE_UNREADABLE", { path: root, problem }, typeof cause === "string" ? {} : { cause });
}

function describe(cause: unknown): string {
  const known = PROBLEMS.find(([code]) => hasCode(cause, code));
  if (known !== undefined) return known[1];
  return cause instanceof Error && "code" in cause ? `cannot be opened (${String(cause.code)})` : "cannot be opened";
}

/** E_SOURCE_TOO_LARGE. */
export function fileCountExceeded(filesMax: number): PortsideError {
  const count = (files: number): string => `${files.toLocaleString("en")} files`;
  return new PortsideError("E_SOURCE_TOO_LARGE", { found: `at least ${count(filesMax + 1)}`, limit: count(filesMax) });
}

/** E_SOURCE_TOO_LARGE. */
export function bytesExceeded(foundBytes: number, bytesMax: number): PortsideError {
  return new PortsideError("E_SOURCE_TOO_LARGE", {
    found: `at least ${showBytes(foundBytes)}`,
    limit: showBytes(bytesMax),
  });
}

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

function showBytes(bytes: number): string {
  const power = Math.min(Math.max(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 0), UNITS.length - 1);
  return `${Number((bytes / 1024 ** power).toFixed(2))} ${UNITS[power]}`;
}
