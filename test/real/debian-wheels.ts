import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { makeWheel, wheelName, type Distribution } from "../../buildpacks/python/wheel-fixture.ts";
import { exec } from "../../src/lib/exec.ts";

const LIMIT_MS = 120_000;
const PACKAGES = "usr/lib/python3/dist-packages";

/** A Python package of Debian's: its package, its name for pip, its directories or files in dist-packages. */
export type DebianPackage = {
  readonly debian: string;
  readonly name: string;
  readonly modules: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
};

/**
 * Makes wheels of Debian's packages in `into`: a directory of real wheels without PyPI. Compiled modules are left out, all of
 * these packages work without. Gives why it could not, when apt does not have them here.
 */
export async function makeDebianWheels(
  packages: readonly DebianPackage[],
  scratch: string,
  into: string,
): Promise<string | undefined> {
  const env = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C.UTF-8", HOME: scratch };
  const run = (argv: readonly [string, ...string[]]): Promise<{ exitCode: number | null; stderr: string }> =>
    exec(argv, { cwd: scratch, env, limitMs: LIMIT_MS });
  try {
    const { exitCode, stderr } = await run(["apt-get", "download", "-q", ...packages.map(({ debian }) => debian)]);
    if (exitCode !== 0) return `apt-get download failed: ${stderr.trim().split("\n").at(-1)}`;
  } catch (error) {
    return `no Debian: ${(error as Error).message}`;
  }
  mkdirSync(into, { recursive: true });
  const files = readdirSync(scratch).filter((name) => name.endsWith(".deb"));
  for (const one of packages) {
    const file = files.find((name) => name.startsWith(`${one.debian}_`)) ?? "";
    const tree = join(scratch, one.name);
    const { exitCode, stderr } = await run(["dpkg-deb", "-x", join(scratch, file), tree]);
    if (exitCode !== 0) throw new Error(stderr);
    const distribution = distributionOf(one, join(tree, PACKAGES), upstreamVersion(file));
    writeFileSync(join(into, wheelName(distribution)), makeWheel(distribution));
  }
  return undefined;
}

/** `python3-django_3%3a3.2.25-0+deb12u3_all.deb`: 3.2.25. */
function upstreamVersion(file: string): string {
  return /_(?:\d+%3a)?(\d+(?:\.\d+)*)/.exec(file)?.[1] ?? "0";
}

function distributionOf(one: DebianPackage, directory: string, version: string): Distribution {
  const paths = one.modules.flatMap((module) => filesBelow(join(directory, module)));
  const files = Object.fromEntries(paths.map((path) => [relative(directory, path), readFileSync(path)]));
  return { name: one.name, version, files, ...(one.scripts === undefined ? {} : { scripts: one.scripts }) };
}

function filesBelow(path: string): string[] {
  if (path.endsWith(".py")) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return filesBelow(join(path, entry.name));
    return entry.isFile() && !/\.(?:so|pyc)$/.test(entry.name) ? [join(path, entry.name)] : [];
  });
}
