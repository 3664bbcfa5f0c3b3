import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const KNOWN_KEYS = ["root", "clean_urls", "error_page", "routes"];
const layersRoot = process.env.CNB_LAYERS_DIR ?? process.argv[2];

function main() {
  const config = readConfig();
  if (statSync(config.root, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Error(`the folder \`${config.root}\` that static.json names is not there`);
  }
  const layer = join(layersRoot, "server");
  mkdirSync(layer, { recursive: true });
  const own = dirname(fileURLToPath(import.meta.url));
  for (const file of ["server.mjs", "answer.mjs", "files.mjs", "media-types.mjs"])
    copyFileSync(join(own, file), join(layer, file));
  writeFileSync(join(layer, "config.json"), JSON.stringify(config));
  writeFileSync(`${layer}.toml`, "[types]\nlaunch = true\n");
  const command = JSON.stringify(["node", join(layer, "server.mjs")]);
  writeFileSync(join(layersRoot, "launch.toml"), `[[processes]]\ntype = "web"\ncommand = ${command}\ndefault = true\n`);
  console.log(`Serving ${config.root === "." ? "the whole folder" : `${config.root}/`}`);
}

function readConfig() {
  const given = existsSync("static.json") ? parseConfig(readFileSync("static.json", "utf8")) : {};
  for (const key of Object.keys(given)) {
    if (!KNOWN_KEYS.includes(key)) console.log(`Warning: static.json: \`${key}\` is not supported and has no effect.`);
  }
  const root = typed(given, "root", "string") ?? (existsSync("public/index.html") ? "public" : ".");
  const plain = root.replace(/^\.\//, "").replace(/\/+$/, "") || ".";
  if (plain.startsWith("/") || plain.split("/").includes(".."))
    throw new Error("static.json: `root` lies outside the app");
  return {
    root: plain,
    cleanUrls: typed(given, "clean_urls", "boolean") ?? false,
    errorPage: (typed(given, "error_page", "string") ?? "404.html").replace(/^\/+/, ""),
    routes: Object.entries(typed(given, "routes", "object") ?? {}),
  };
}

function parseConfig(text) {
  let given;
  try {
    given = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Error(`static.json is not valid JSON: ${error.message}`);
  }
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new Error("static.json is not a JSON object");
  return given;
}

function typed(given, key, type) {
  const value = given[key];
  if (value === undefined) return undefined;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (type === "object" ? !isObject : typeof value !== type)
    throw new Error(`static.json: \`${key}\` must be of type ${type}`);
  return value;
}

try {
  main();
} catch (error) {
  console.error(`ERROR: ${error.message}`);
  process.exitCode = 1;
}
