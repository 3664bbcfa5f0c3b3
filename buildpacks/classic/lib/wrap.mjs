// wrap TREE TARGET [NAME]: see the README. TARGET must not be there yet; nothing is left of it after an error.
import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const USAGE = "usage: wrap TREE TARGET [NAME]";
const adapter = join(dirname(fileURLToPath(import.meta.url)), "..", "adapter");

function main([rawTree, rawTarget, rawName]) {
  if (rawTree === undefined || rawTarget === undefined) throw new Error(USAGE);
  const [tree, target] = [resolve(rawTree), resolve(rawTarget)];
  const name = idPart(rawName ?? basename(tree));
  for (const program of ["detect", "compile"]) {
    if (statSync(join(tree, "bin", program), { throwIfNoEntry: false })?.isFile() !== true)
      throw new Error(`${rawTree} is no classic buildpack: it has no bin/${program}`);
  }
  if (existsSync(target)) throw new Error(`${rawTarget} is there already`);
  try {
    mkdirSync(target, { recursive: true });
    cpSync(adapter, target, { recursive: true });
    cpSync(tree, join(target, "tree"), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => path !== join(tree, ".git"),
    });
    writeFileSync(join(target, "buildpack.toml"), describe(name));
  } catch (error) {
    rmSync(target, { recursive: true, force: true });
    throw error;
  }
  console.log(`classic/${name}`);
}

/** What may stand in an id: `heroku-buildpack-x.git#v2` becomes `heroku-buildpack-x.git-v2`. */
function idPart(raw) {
  const name = raw.replace(/[^A-Za-z0-9.-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "");
  if (name === "") throw new Error(`\`${raw}\` has no letter or digit to make an id of`);
  return name;
}

/**
 * API 0.8: since 0.9 a process can no longer be a line for the shell, and then no profile script would be sourced.
 * `clear-env`: a classic buildpack gets the config in a directory, and nothing of it in its environment.
 */
function describe(name) {
  return `api = "0.8"

[buildpack]
id = "classic/${name}"
version = "0.0.0"
name = "${name} (classic)"
clear-env = true

[[targets]]
os = "linux"

[[targets]]
os = "darwin"

[[stacks]]
id = "*"
`;
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`ERROR: ${error.message}`);
  process.exitCode = 1;
}
