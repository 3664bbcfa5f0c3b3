// is-frontend PACKAGE_JSON: exit 0 when it says how the app is built but not how it is started.
import { readFileSync } from "node:fs";

const BUILDS = ["build", "heroku-build", "heroku-postbuild"];

function isFrontend(file) {
  try {
    const scripts = JSON.parse(readFileSync(file, "utf8").replace(/^\uFEFF/, "")).scripts ?? {};
    return scripts.start === undefined && BUILDS.some((name) => typeof scripts[name] === "string");
  } catch {
    // Another buildpack says what is wrong with it.
    return false;
  }
}

process.exitCode = isFrontend(process.argv[2]) ? 0 : 1;
