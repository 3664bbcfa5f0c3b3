// detect: the classic buildpack's own decides; 1 is "not for me", any other code but 0 an error of its own.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { classicEnvironment, ownId, runProgram, tree } from "./classic.mjs";
import { quote } from "./toml.mjs";

const NOT_FOR_ME = 100;
const [platform = process.env.CNB_PLATFORM_DIR, planFile = process.env.CNB_BUILD_PLAN_PATH] = process.argv.slice(2);

function main() {
  const { status, signal, stdout } = runProgram(join(tree, "bin/detect"), [process.cwd()], {
    env: classicEnvironment(platform),
  });
  process.stdout.write(stdout);
  if (status === 1) return NOT_FOR_ME;
  if (status !== 0)
    throw new Error(`bin/detect ${signal === null ? `ended with exit code ${status}` : `was killed by ${signal}`}`);
  const name = quote(ownId());
  const label = quote(stdout.trim().split("\n")[0]);
  writeFileSync(
    planFile,
    `[[provides]]\nname = ${name}\n\n[[requires]]\nname = ${name}\n\n[requires.metadata]\nlabel = ${label}\n`,
  );
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(`ERROR: ${ownId()}: ${error.message}`);
  process.exitCode = 2;
}
