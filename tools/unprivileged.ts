// Runs a set of lanes as the user `nobody`, in a copy of this checkout: what works for root alone shows here.
// `node tools/unprivileged.ts SET`. Without root it only says that there is nothing to do.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  lchownSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const NOBODY = 65_534;
const LIMIT_MS = 9 * 60_000;
const SKIPPED = new Set([".git", "coverage", "node_modules/.cache"]);

function copyCheckout(target: string): void {
  const filter = (source: string): boolean => !SKIPPED.has(relative(ROOT, source));
  cpSync(ROOT, target, { recursive: true, filter, verbatimSymlinks: true });
  relinkNode(target);
}

/** `ensure-node.mjs` links Node by its absolute path, which `nobody` may not be allowed to walk. */
function relinkNode(target: string): void {
  const link = join(target, "node_modules/.bin/node");
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) return;
  const inCheckout = relative(ROOT, readlinkSync(link));
  if (inCheckout.startsWith("..")) return;
  rmSync(link);
  symlinkSync(join(target, inCheckout), link);
}

/** The lane's own temporary directory is closed to others; `nobody` must get through it, but need not list it. */
function letThrough(directory: string): void {
  const { mode } = statSync(directory);
  if ((mode & 0o001) === 0) chmodSync(directory, (mode & 0o7777) | 0o011);
}

function giveTo(path: string, owner: number): void {
  lchownSync(path, owner, owner);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) giveTo(join(path, name), owner);
}

function runAsNobody(set: string): number {
  const base = mkdtempSync(join(tmpdir(), "u-"));
  const [checkout, home, temporary] = [join(base, "portside"), join(base, "home"), join(base, "t")];
  try {
    copyCheckout(checkout);
    for (const directory of [home, temporary]) mkdirSync(directory);
    chmodSync(base, 0o755);
    letThrough(dirname(base));
    giveTo(base, NOBODY);
    const node = process.execPath.startsWith(ROOT)
      ? join(checkout, relative(ROOT, process.execPath))
      : process.execPath;
    const argv = ["--reuid=65534", "--regid=65534", "--clear-groups", "--", node, "tools/run-lanes.ts", set];
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      TMPDIR: temporary,
      CI: process.env["CI"] ?? "",
      LANG: "C.UTF-8",
      ...registry(),
    };
    const done = spawnSync("setpriv", argv, {
      cwd: checkout,
      env,
      stdio: "inherit",
      timeout: LIMIT_MS,
      killSignal: "SIGTERM",
    });
    if (done.error !== undefined) console.error(`setpriv: ${done.error.message}`);
    return done.status ?? 1;
  } finally {
    rmSync(base, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The registry this machine is set up with, when the environment names it; `nobody` has no settings of its own. */
function registry(): Record<string, string> {
  const url = process.env["npm_config_registry"];
  return url === undefined ? {} : { npm_config_registry: url };
}

const [set = "as-user"] = process.argv.slice(2);
if (process.getuid?.() !== 0) {
  console.log("NOT RUN: not root here, so the other lanes ran unprivileged already.\n0 passed, 0 failed, 1 skipped");
} else {
  process.exitCode = runAsNobody(set);
}
