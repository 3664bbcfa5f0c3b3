import { parseRange } from "./semver.mjs";

// Which Node each line of a package manager runs on, as its package says (npm registry, November 2026). A later line is
// taken to want what the last one wants.
const LINES = {
  npm: {
    6: "*",
    7: ">=10",
    8: "^12.13.0 || ^14.15.0 || >=16",
    9: "^14.17.0 || ^16.13.0 || >=18",
    10: "^18.17.0 || >=20.5.0",
    11: "^20.17.0 || >=22.9.0",
    12: "^22.22.2 || ^24.15.0 || >=26.0.0",
  },
  yarn: { 1: "*", 2: ">=12", 3: ">=12", 4: ">=18.12.0" },
  pnpm: { 7: ">=14.6", 8: ">=16.14", 9: ">=18.12", 10: ">=18.12", 11: ">=22.13", 12: ">=18" },
};

/** Whether this version of a manager runs on that Node (both as `[major, minor, patch]`). */
export function runsOn(manager, version, node) {
  const lines = LINES[manager];
  const known = Object.keys(lines).map(Number);
  const line = known.filter((major) => major <= version[0]).at(-1) ?? known[0];
  return parseRange(lines[line])(node);
}

/** The range to take when the app states none: the line that wrote its lock file, the one most people use otherwise. */
export function defaultRange(manager, lock) {
  if (manager === "npm") return "*";
  if (manager === "yarn") return yarnRange(lock);
  const format = Number(/^lockfileVersion:\s*'?(\d+)/m.exec(lock)?.[1] ?? 9);
  return format >= 9 ? "10" : format >= 6 ? "8" : "7";
}

function yarnRange(lock) {
  const format = /^__metadata:\s*\n(?:.*\n)*?\s+version:\s*"?(\d+)/m.exec(lock)?.[1];
  if (format === undefined) return "1";
  return Number(format) >= 8 ? "4" : Number(format) >= 5 ? "3" : "2";
}
