import type { Finding } from "./finding.ts";

/** A committed text file, whatever its language. */
export type TextFile = { readonly path: string; readonly text: string };

const README_LINES_MAX = 30;

// Written in pieces, so that this file does not find itself.
const LEFT_OVERS = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].join("|")})\\b`);
const MACHINE_PATHS = new RegExp(
  ["/wo" + "rk/", "/ro" + "ot/\\.", "/Use" + "rs/", "/tmp/bash" + "_jobs"]
    .map((path) => `(^|[^\\w.*])${path}`)
    .join("|"),
);
const REGISTRY_HOSTS = [
  "registry.npm" + "js",
  "npmjs" + ".org",
  "registry.yarn" + "pkg",
  "npm.pkg.git" + "hub",
  "deb.deb" + "ian",
  "pypi" + ".org",
  "pythonhos" + "ted",
];

/** Left-over notes, paths of somebody's machine, hosts of package registries. `extraHosts`: those this machine is set up with. */
export function checkText(file: TextFile, extraHosts: readonly string[] = []): Finding[] {
  const hosts = [...REGISTRY_HOSTS, ...extraHosts];
  return file.text.split("\n").flatMap((line, index) => {
    const found = (rule: string, what: string): Finding => ({ rule, path: file.path, line: index + 1, what });
    const host = hosts.find((name) => line.includes(name));
    return [
      ...(LEFT_OVERS.test(line) ? [found("left-over", line.trim().slice(0, 100))] : []),
      ...(MACHINE_PATHS.test(line) ? [found("machine path", line.trim().slice(0, 100))] : []),
      ...(host === undefined ? [] : [found("registry host", line.trim().slice(0, 100))]),
    ];
  });
}

type LockedPackage = {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly version?: string;
  readonly integrity?: string;
};
type Manifest = Readonly<Record<string, unknown>>;

const DEPENDENCY_FIELDS = ["dependencies", "devDependencies", "optionalDependencies", "overrides"];
const EXACT_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** A package.json with a version that is not exact, or a lock file that names where packages come from or lacks a hash. */
export function checkPackageFile(file: TextFile): Finding[] {
  const found = (rule: string, what: string): Finding => ({ rule, path: file.path, line: 1, what });
  if (/(^|\/)package-lock\.json$/.test(file.path)) {
    const { packages = {} } = JSON.parse(file.text) as { packages?: Record<string, LockedPackage> };
    return Object.entries(packages).flatMap(([name, entry]) => {
      // A bundled package comes inside the archive of the one that bundles it, under that hash.
      // A name without `node_modules/` is a directory of the repository itself: the root, or a workspace.
      if (!name.includes("node_modules/") || entry.link === true || entry.inBundle === true) return [];
      if (entry.resolved !== undefined) return [found("lock file", `${name} says where it was fetched from`)];
      return entry.integrity === undefined ? [found("lock file", `${name} has no integrity hash`)] : [];
    });
  }
  if (!/(^|\/)package\.json$/.test(file.path)) return [];
  const manifest = JSON.parse(file.text) as Manifest;
  return DEPENDENCY_FIELDS.flatMap((field) =>
    Object.entries((manifest[field] ?? {}) as Record<string, string>),
  ).flatMap(([name, version]) => (EXACT_VERSION.test(version) ? [] : [found("exact pin", `${name} ${version}`)]));
}

/** Rooms of `src/` without a README.md, and READMEs of rooms that are too long. `paths` are all files of the repository. */
export function checkRoomReadmes(paths: readonly string[], readText: (path: string) => string): Finding[] {
  const rooms = new Set(
    paths.filter((path) => /^src\/[^/]+\/.*\.ts$/.test(path)).map((path) => path.split("/").slice(0, 2).join("/")),
  );
  return [...rooms].toSorted().flatMap((room) => {
    const path = `${room}/README.md`;
    if (!paths.includes(path))
      return [{ rule: "room README", path, line: 1, what: "is missing: takes X, gives Y, never Z" }];
    const lineCount = readText(path).trimEnd().split("\n").length;
    return lineCount <= README_LINES_MAX
      ? []
      : [{ rule: "room README", path, line: 1, what: `${lineCount} lines, budget ${README_LINES_MAX}` }];
  });
}
