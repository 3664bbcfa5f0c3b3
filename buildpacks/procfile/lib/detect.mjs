import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { readBindings } from "./bindings.mjs";
import { parseProcfile } from "./parse-procfile.mjs";
import { quote } from "./toml.mjs";

const NOT_FOR_ME = 100;
const [platform = process.env.CNB_PLATFORM_DIR, planFile = process.env.CNB_BUILD_PLAN_PATH] = process.argv.slice(2);

function main() {
  const byVariable = process.env.BP_PROCFILE_DEFAULT_PROCESS ?? "";
  const fromVariable = byVariable === "" ? new Map() : new Map([["web", byVariable]]);
  const fromFile = existsSync("Procfile") ? parseProcfile(readFileSync("Procfile", "utf8")) : new Map();
  const fromBinding = readBinding();
  const entries = new Map([...fromVariable, ...fromFile, ...fromBinding]);
  if (entries.size === 0) {
    console.log("SKIPPED: No procfile found from environment, source path, or binding.");
    return NOT_FOR_ME;
  }
  if (fromVariable.size > 0 && fromFile.size + fromBinding.size > 0) {
    console.log("A Procfile and BP_PROCFILE_DEFAULT_PROCESS are both given; entries of the Procfile win.");
  }
  const commands = [...entries].map(([type, command]) => `${quote(type)} = ${quote(command)}\n`);
  const plan = '[[provides]]\nname = "procfile"\n\n[[requires]]\nname = "procfile"\n\n[requires.metadata]\n';
  writeFileSync(planFile, plan + commands.join(""));
  return 0;
}

function readBinding() {
  const found = readBindings(process.env, platform).filter((binding) => binding.type === "procfile");
  if (found.length === 0) return new Map();
  if (found.length > 1) {
    throw new Error(`there is more than one binding of type Procfile: ${found.map(({ name }) => name).join(", ")}`);
  }
  const text = found[0].values.get("Procfile");
  if (text === undefined) throw new Error(`the binding ${found[0].name} has no key Procfile`);
  return parseProcfile(text);
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`ERROR: ${error.message}`);
  process.exitCode = 1;
}
