import { firstMatch, type Diagnosis } from "./diagnosis.ts";

const MANAGERS = [
  {
    file: "package-lock.json",
    command: "npm install",
    missing: /`npm ci` command can only install with an existing package-lock\.json/,
    stale: /`npm ci` can only install packages when your package\.json and package-lock\.json/,
  },
  {
    file: "pnpm-lock.yaml",
    command: "pnpm install",
    missing: /ERR_PNPM_NO_LOCKFILE/,
    stale: /ERR_PNPM_OUTDATED_LOCKFILE/,
  },
  {
    file: "yarn.lock",
    command: "yarn install",
    missing: /YN0028.*lockfile would have been created/,
    stale: /Your lockfile needs to be updated, but yarn was run with|YN0028/,
  },
  {
    file: "poetry.lock",
    command: "poetry lock",
    missing: /poetry\.lock not found/,
    stale: /pyproject\.toml changed significantly since poetry\.lock/,
  },
] as const;

/** A package manager wanted the lock file, and it is not there or says something else. */
export const missingLockFile: Diagnosis = {
  name: "missing lock file",
  find({ lines }) {
    for (const { file, command, missing, stale } of MANAGERS) {
      const advice = `Run \`${command}\` in the app's folder and commit ${file}.`;
      const absent = firstMatch(lines, missing);
      if (absent !== undefined) return { cause: `There is no ${file}.`, advice, line: absent.line };
      const old = firstMatch(lines, stale);
      if (old !== undefined)
        return { cause: `${file} does not fit the dependencies that are asked for.`, advice, line: old.line };
    }
    return undefined;
  },
};
