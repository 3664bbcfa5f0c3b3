import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, warn } from "./failure.mjs";
import { parseRange } from "./semver.mjs";

/**
 * Which Node the app asks for: `{ range, from, fits }`; undefined when it does not say.
 * In order: engines.node, .nvmrc, .node-version, devEngines.runtime; then those at the root of its workspaces. Throws Failure.
 */
export function wantedNode({ manifest, rootManifest, root }) {
  const above = root === "." ? [] : statements(rootManifest, root);
  const [first, ...others] = [...statements(manifest, ""), ...above];
  if (first === undefined) return undefined;
  for (const other of others) {
    if (other.range !== first.range)
      warn(`${first.from} (${first.range}) decides about Node, not ${other.from} (${other.range}).`);
  }
  try {
    return { ...first, fits: parseRange(first.range) };
  } catch (error) {
    throw new Failure(`the Node version \`${first.range}\` in ${first.from} is not a range: ${error.message}`, {
      hint: "Write a version like 24.21.0, or a range like 24.x.",
    });
  }
}

function statements(manifest, directory) {
  const runtime = [manifest.devEngines?.runtime].flat().find((one) => one?.name === "node");
  const found = [
    { range: manifest.engines?.node, from: `engines.node of ${join(directory, "package.json")}` },
    ...[".nvmrc", ".node-version"].map((file) => ({
      range: firstLine(join(directory, file)),
      from: join(directory, file),
    })),
    { range: runtime?.version, from: `devEngines.runtime of ${join(directory, "package.json")}` },
  ];
  return found
    .filter(({ range }) => typeof range === "string" && range.trim() !== "")
    .map(({ range, from }) => ({ range: range.trim(), from }));
}

function firstLine(file) {
  if (!existsSync(file)) return undefined;
  return readFileSync(file, "utf8")
    .replace(/^\uFEFF/, "")
    .replace(/#.*$/gm, "")
    .trim()
    .split(/\r?\n/, 1)[0];
}
