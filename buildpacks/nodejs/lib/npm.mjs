import { npmEnvironment } from "./npm-environment.mjs";

const ERROR_LINE = /^npm (?:error|ERR!)/;
const LOG_LINE = /^npm (?:error|ERR!) (?:Log files were not written|A complete log of this run)/;

/** npm's commands, as argument lists behind the program, and what they need in the environment. */
export const npm = {
  cache: "npm_cache",
  omitsAtInstall: true,
  install({ lock, isProduction }) {
    const dependencies = isProduction ? "--omit=dev" : "--include=dev";
    if (lock === "frozen") return ["ci", dependencies];
    return ["install", dependencies, ...(lock === "none" ? ["--no-package-lock"] : [])];
  },
  prune: () => ["prune", "--omit=dev"],
  script: (name) => ["run", name],
  exec: (command) => command,
  start: ["npm", "start"],
  environment: (env, cache) => npmEnvironment(env, cache),
  lockHint: "Run `npm install`, commit package-lock.json, and deploy again.",
  /** npm's own words about a failure come last. */
  output: {
    holds: (line) => ERROR_LINE.test(line),
    trim: withoutUsage,
  },
};

/** npm's error without the manual page it prints after a wrong lock file, and without the place of a log nobody keeps. */
function withoutUsage(lines) {
  const usage = lines.findIndex((line) => /^npm (?:error|ERR!) Usage:/.test(line));
  if (usage < 0) return lines.filter((line) => !LOG_LINE.test(line));
  // In front of the usage stand the command's description and an empty line.
  return lines.slice(0, Math.max(0, usage - 2));
}
