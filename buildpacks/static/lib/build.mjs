import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compressAll } from "./compress.mjs";
import { readConfig } from "./read-config.mjs";

const SERVER_FILES = ["answer", "cache-policy", "content-hash", "files", "guard", "media-types", "pattern", "send-file", "server"]; // prettier-ignore
const layersRoot = process.env.CNB_LAYERS_DIR ?? process.argv[2];

async function main() {
  const { config, warnings } = readConfig(process.env);
  for (const warning of warnings) console.log(`Warning: ${warning}`);
  if (config.root === undefined) {
    // Another buildpack built the app, and may have made something else than pages of it.
    console.log("The build made no folder with an index.html (dist, build, out, _site): nothing is served as files.");
    console.log("Name the folder as `root` in static.json if it has another name.");
    return;
  }
  const compressed = join(layersRoot, "compressed");
  const { files, leftOut } = await compressAll(config.root, compressed);
  writeFileSync(`${compressed}.toml`, "[types]\nlaunch = true\ncache = true\n");
  if (leftOut > 0) console.log(`Warning: ${leftOut} files are not compressed: all together are too large.`);
  const layer = makeServerLayer({ ...config, compressed: "../compressed" });
  const command = JSON.stringify(["node", join(layer, "server.mjs")]);
  writeFileSync(join(layersRoot, "launch.toml"), `[[processes]]\ntype = "web"\ncommand = ${command}\ndefault = true\n`);
  const folder = config.root === "." ? "the whole folder" : `${config.root}/`;
  console.log(`Serving ${folder}${files > 0 ? `, ${files} ${files === 1 ? "file" : "files"} compressed ahead` : ""}`);
  if (config.isSinglePage) console.log("A single-page app: paths that are no file get index.html");
}

function makeServerLayer(config) {
  const layer = join(layersRoot, "server");
  if (existsSync(layer)) rmSync(layer, { recursive: true });
  mkdirSync(layer, { recursive: true });
  const own = dirname(fileURLToPath(import.meta.url));
  for (const name of SERVER_FILES) copyFileSync(join(own, `${name}.mjs`), join(layer, `${name}.mjs`));
  writeFileSync(join(layer, "config.json"), JSON.stringify(config));
  writeFileSync(`${layer}.toml`, "[types]\nlaunch = true\n");
  return layer;
}

main().catch((error) => {
  console.error(`ERROR: ${error.message}`);
  process.exitCode = 1;
});
