import { firstMatch, type Diagnosis } from "./diagnosis.ts";

/** package.json was asked for a script that it does not have. */
export const noStartScript: Diagnosis = {
  name: "no start script",
  find({ lines }) {
    const npm = firstMatch(lines, /Missing script: "?([\w:.-]+)"?/);
    const other =
      npm ??
      firstMatch(
        lines,
        /Command "([\w:.-]+)" not found\.$|Couldn't find a script named "([\w:.-]+)"|ERR_PNPM_NO_SCRIPT\S*\s+Missing script: ([\w:.-]+)/,
      );
    if (other === undefined) return undefined;
    const name = other.groups.find((group) => group !== "") ?? "start";
    return {
      cause: `package.json has no script \`${name}\`.`,
      advice:
        name === "start"
          ? 'Add `"start": "node server.js"` to its `scripts`, or a Procfile with a `web` line.'
          : `Add \`${name}\` to its \`scripts\`, or do not ask for it.`,
      line: other.line,
    };
  },
};
