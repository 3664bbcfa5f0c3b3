import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { splitWords } from "./split-words.mjs";
import { parseToml, quote } from "./toml.mjs";

const TRUE = ["1", "t", "T", "TRUE", "true", "True"];
const SHELL_LESS = ["io.paketo.stacks.tiny", "io.buildpacks.stacks.jammy.tiny", "io.buildpacks.stacks.noble.tiny"];
const [layers = process.env.CNB_LAYERS_DIR, , planFile = process.env.CNB_BP_PLAN_PATH] = process.argv.slice(2);

function main() {
  const commands = readCommands(parseToml(readFileSync(planFile, "utf8")));
  if (commands.size === 0) return;
  const isDirect = TRUE.includes(process.env.BP_DIRECT_PROCESS) || SHELL_LESS.includes(process.env.CNB_STACK_ID);
  const types = [...commands.keys()].sort();
  const defaultType = types.find((type) => type.toLowerCase() === "web") ?? types.find((type) => type === "worker");
  const processes = types.map((type) => {
    const command = commands.get(type);
    const [program, ...args] = isDirect ? wordsOf(type, command) : [command];
    return { type, program, args, isDefault: type === defaultType };
  });
  console.log("Process types:");
  for (const { type, program, args } of processes) {
    console.log(`  ${type}: ${[program, ...args].join(" ")}${isDirect ? " (direct)" : ""}`);
  }
  writeFileSync(join(layers, "launch.toml"), processes.map((process) => formatProcess(process, isDirect)).join("\n"));
}

function readCommands(plan) {
  const commands = new Map();
  for (const { name, metadata = {} } of plan.entries ?? []) {
    if (name !== "procfile") continue;
    for (const [type, command] of Object.entries(metadata)) {
      if (typeof command !== "string") throw new Error(`the command of \`${type}\` in the build plan is not a text`);
      commands.set(type, command);
    }
  }
  return commands;
}

function wordsOf(type, command) {
  try {
    return splitWords(command);
  } catch (error) {
    const isAsked = TRUE.includes(process.env.BP_DIRECT_PROCESS);
    const other = isAsked ? "leave BP_DIRECT_PROCESS unset" : "use a stack that has a shell";
    const hint = `Start a program that does it, quote it (\`bash -c '…'\` where there is one), or ${other}.`;
    throw new Error(`\`${type}: ${command}\` cannot run without a shell: ${error.message}\n       ${hint}`);
  }
}

function formatProcess({ type, program, args, isDefault }, isDirect) {
  const lines = [`type = ${quote(type)}`, `command = ${quote(program)}`, `args = [${args.map(quote).join(", ")}]`];
  return `[[processes]]\n${lines.join("\n")}\ndirect = ${isDirect}\ndefault = ${isDefault}\n`;
}

try {
  main();
} catch (error) {
  console.error(`ERROR: ${error.message}`);
  process.exitCode = 1;
}
