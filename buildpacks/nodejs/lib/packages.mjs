import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { Failure } from "./failure.mjs";
import { npmEnvironment } from "./npm-environment.mjs";
import { findProgram } from "./programs.mjs";

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Packages of the npm registry, asked for through the machine's own npm: it knows the user's registry, tokens, certificates
 * and proxies, tries again, and checks what it fetches against the registry's integrity. `redact` takes secrets out of lines.
 */
export class Packages {
  #env;
  #redact;

  constructor({ env, redact }) {
    // The machine's npm runs on the machine's Node, whatever the app runs on.
    this.#env = { ...env, PATH: `${dirname(process.execPath)}${delimiter}${env.PATH}` };
    this.#redact = redact;
  }

  /** All published versions of a package, oldest first. Throws Failure. */
  versions(name) {
    const args = ["view", name, "versions", "--json"];
    return withDirectory((scratch) =>
      [JSON.parse(this.#npm(args, `the versions of ${name} could not be listed`, scratch))].flat(),
    );
  }

  /**
   * Fetches a package and unpacks it into a new directory, without running any of its scripts. `hash`, when given, is
   * `algorithm.hex` of the archive, as `packageManager` writes it. Throws Failure.
   */
  unpack({ name, version, hash }, directory) {
    const what = `${name}@${version}`;
    withDirectory((scratch) => {
      const args = ["pack", what, "--ignore-scripts", "--pack-destination", scratch];
      this.#npm(args, `${what} could not be fetched`, scratch);
      const archive = join(scratch, readdirSync(scratch).find((file) => file.endsWith(".tgz")) ?? "");
      if (hash !== undefined) verifyHash(archive, hash, what);
      mkdirSync(directory, { recursive: true });
      // -o: files belong to whoever unpacks them, also for root.
      const flags = ["-xzf", archive, "-o", "-C", directory, "--strip-components", "1"];
      const { status, stderr, error } = spawnSync("tar", flags, { encoding: "utf8" });
      if (status !== 0) throw new Failure(`${what} could not be unpacked: ${error?.message ?? stderr.trim()}`);
    });
  }

  /** What npm prints. Its cache is thrown away: a package as large as Node is not kept twice. */
  #npm(args, problem, scratch) {
    if (findProgram("npm", this.#env.PATH) === undefined) throw new Failure("there is no npm on the PATH");
    const { status, stdout, stderr, error } = spawnSync("npm", args, {
      stdio: ["ignore", "pipe", "pipe"],
      encoding: "utf8",
      env: npmEnvironment(this.#env, join(scratch, "cache")),
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    if (status === 0) return stdout;
    throw registryFailure(problem, (error?.message ?? stderr).trim().split("\n").map(this.#redact));
  }
}

function withDirectory(use) {
  const directory = mkdtempSync(join(tmpdir(), "package-"));
  try {
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The failure behind npm's own words about a package it could not get. */
function registryFailure(problem, lines) {
  const code = /^npm (?:error|ERR!) code (\S+)/m.exec(lines.join("\n"))?.[1];
  const said = lines
    .map((line) => line.replace(/^npm (?:error|ERR!) ?/, ""))
    .find((line) => /https?:\/\/|notarget|sha\d+/i.test(line) && !/proxy/.test(line));
  const why = [code, said].filter((part) => part !== undefined).join(", ") || lines[0];
  return new Failure(`${problem} (${why}).`, { hint: HINTS[code] ?? REACH });
}

const REACH = "Is the npm registry reachable from here? Another one is named by NPM_CONFIG_REGISTRY or in .npmrc.";
const CREDENTIALS =
  "Check the registry's token: .npmrc names it, for example as ${NPM_TOKEN}, and it must be a config variable.";
const HINTS = {
  E401: CREDENTIALS,
  E403: CREDENTIALS,
  E404: "The registry does not have it, or does not show it without a token. Another registry is named by NPM_CONFIG_REGISTRY.",
  EINTEGRITY: "What came is not what the registry announced: a broken proxy or mirror. Nothing of it was used.",
};

/** Throws Failure unless the file has this hash, written `algorithm.hex`. */
export function verifyHash(archive, hash, what) {
  const [algorithm, expected] = hash.split(".");
  let actual;
  try {
    actual = createHash(algorithm).update(readFileSync(archive)).digest("hex");
  } catch {
    throw new Failure(`packageManager gives an unknown hash for ${what}: ${algorithm}.`);
  }
  if (actual === expected.toLowerCase()) return;
  throw new Failure(`${what} does not have the ${algorithm} hash that packageManager of package.json names.`, {
    hint: `The registry's has ${actual.slice(0, 16)}…. If that is the one you mean, set packageManager anew; nothing of it was used.`,
  });
}
