import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

// What a shell changes by being there.
const SHELLS_OWN = new Set(["_", "SHLVL", "PWD", "OLDPWD", "BASHOPTS", "SHELLOPTS"]);
const OUTPUT_BYTES_MAX = 4 * 1024 * 1024;

/**
 * The variables that sourcing `file` changes: name → value, empty for one it unsets. None without the file.
 * Classic buildpacks write it to tell the ones behind them what they would not find otherwise.
 */
export function readExport(file, env) {
  if (!existsSync(file)) return new Map();
  const before = environmentBehind(":", file, env);
  const after = environmentBehind('. "$1" >/dev/null', file, env);
  const changed = [...after].filter(([name, value]) => before.get(name) !== value);
  const unset = [...before.keys()].filter((name) => !after.has(name)).map((name) => [name, ""]);
  return new Map([...changed, ...unset].filter(([name]) => !SHELLS_OWN.has(name) && /^[A-Za-z_]\w*$/.test(name)));
}

/** `command` is one of the two texts above; the file is an argument. */
function environmentBehind(command, file, env) {
  const dump = "process.stdout.write(JSON.stringify(process.env))";
  const script = `${command}\nexec "$2" -e "$3"`;
  const text = execFileSync("bash", ["-c", script, "bash", file, process.execPath, dump], {
    env,
    encoding: "utf8",
    maxBuffer: OUTPUT_BYTES_MAX,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Map(Object.entries(JSON.parse(text)));
}
