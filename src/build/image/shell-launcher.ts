import { readFileSync } from "node:fs";
import { SHELL_LAUNCHER, type LaunchPlan, type LaunchProcess, type LaunchStep } from "../../model/launch-plan.ts";

/** The shell of a run image. */
export type ImageShell = {
  /** Absolute, in the image. */
  readonly path: string;
  readonly isBash: boolean;
};

/** A process with the rule for the words a user adds. cnb.md §7.1 (4). */
export type ImageProcess = LaunchProcess & { readonly userWords: "replace" | "append" };

/** What a generated launcher is made from. All paths are those in the image. */
export type LauncherParts = {
  readonly shell: ImageShell;
  /** Needed for exec.d programs alone. */
  readonly awk: string | undefined;
  readonly plan: LaunchPlan;
  readonly processes: readonly ImageProcess[];
  readonly appDir: string;
  /** The app's own `.profile.d/*.sh`, then its `.profile`, as far as there are any (D69). */
  readonly appProfiles: readonly string[];
};

const FUNCTIONS = new URL("launcher-functions.sh", import.meta.url);
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Variables a shell does not let go of. */
const SHELL_OWN = new Set(["UID", "EUID", "PPID", "BASHOPTS", "BASH_VERSINFO", "SHELLOPTS"]);

/**
 * A launcher for images without Node inside: `/cnb/process/<type>` are links to it. Texts of users stand in it in single quotes
 * only. `notes`: what a shell cannot do as asked. Pure but for its fixed part. cnb.md §7.1, §7.2.
 */
export function writeShellLauncher(parts: LauncherParts): { readonly text: string; readonly notes: readonly string[] } {
  const steps = parts.plan.steps.filter((step) => step.kind !== "env" || isShellName(step.name));
  const left = parts.plan.steps.flatMap((step) => (step.kind === "env" && !isShellName(step.name) ? [step.name] : []));
  const text = [
    `#!${parts.shell.path}`,
    "# Starts a process of this image by the rules of Cloud Native Buildpacks. Generated; do not edit.",
    "",
    readFileSync(FUNCTIONS, "utf8").trimEnd(),
    "",
    "portside_clean_environment",
    "portside_config_vars keep",
    ...chooseProcess(parts),
    `cd ${quote(parts.appDir)} || portside_fail ${quote("change to app directory")}`,
    ...steps.flatMap(environmentLines),
    "portside_config_vars restore",
    ...steps.flatMap((step) => execDLines(step, parts.awk)),
    ...startLines(parts, steps),
    "",
  ].join("\n");
  return { text, notes: [...new Set(left)].map((name) => `${name} is not set: a shell has no variable of that name`) };
}

/** Any text as one word of a shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function isShellName(name: string): boolean {
  return IDENTIFIER.test(name) && !SHELL_OWN.has(name);
}

function words(list: readonly string[]): string {
  return list.map(quote).join(" ");
}

function chooseProcess({ processes, appDir }: LauncherParts): string[] {
  const noCommand = `portside_fail ${quote("determine start command: when there is no default process a command is required")}`;
  return [
    "case ${0##*/} in",
    ...processes.flatMap((process) => processCase(process, appDir)),
    "*)",
    `  portside_type= portside_direct= portside_directory=${quote(appDir)}`,
    `  [ $# -gt 0 ] || ${noCommand}`,
    '  if [ "$1" = -- ]; then',
    "    portside_direct=1",
    "    shift",
    `    [ $# -gt 0 ] || ${noCommand}`,
    "  fi",
    "  ;;",
    "esac",
  ];
}

function processCase(process: ImageProcess, appDir: string): string[] {
  const { type, command, args, direct, userWords, workingDir = appDir } = process;
  const replaced = userWords === "replace" && args.length > 0 ? [`  [ $# -gt 0 ] || set -- ${words(args)}`] : [];
  const fixed = userWords === "replace" ? command : [...command, ...args];
  return [
    `${quote(type)})`,
    `  portside_type=${quote(type)} portside_direct=${direct ? "1" : ""} portside_directory=${quote(workingDir)}`,
    ...replaced,
    `  set -- ${words(fixed)} "$@"`,
    "  ;;",
  ];
}

function environmentLines(step: LaunchStep): string[] {
  if (step.kind === "pathDirectory")
    return [`${step.name}=${quote(step.directory)}\${${step.name}:+:$${step.name}}; export ${step.name}`];
  return step.kind === "env" ? [onlyFor(step, `${assignment(step)}; export ${step.name}`)] : [];
}

function assignment({ name, action, value, delimiter }: LaunchStep & { kind: "env" }): string {
  const plain = `${name}=${quote(value)}`;
  const whenSet = {
    override: plain,
    default: ":",
    append: `${name}=$${name}${quote(delimiter)}${quote(value)}`,
    prepend: `${name}=${quote(value)}${quote(delimiter)}$${name}`,
  }[action];
  return action === "override" ? plain : `if [ -n "\${${name}-}" ]; then ${whenSet}; else ${plain}; fi`;
}

function execDLines(step: LaunchStep, awk: string | undefined): string[] {
  if (step.kind !== "execD") return [];
  if (awk === undefined) throw new Error("an exec.d program needs awk");
  return [onlyFor(step, `portside_exec_d ${quote(step.path)} ${quote(awk)}`)];
}

/** Some steps are for one process type alone. */
function onlyFor(step: { readonly processType?: string }, command: string): string {
  return step.processType === undefined
    ? command
    : `if [ "$portside_type" = ${quote(step.processType)} ]; then ${command}; fi`;
}

function startLines({ shell, appProfiles }: LauncherParts, steps: readonly LaunchStep[]): string[] {
  type Script = { readonly path: string; readonly processType?: string };
  const scripts: Script[] = [
    ...steps.filter((step) => step.kind === "profile"),
    ...appProfiles.map((path) => ({ path })),
  ];
  const shellPath = quote(shell.path);
  return [
    'if [ -n "$portside_direct" ]; then',
    '  command -v -- "$1" >/dev/null || portside_fail "path lookup: $1: executable file not found in \\$PATH"',
    '  cd "$portside_directory" || portside_fail "change directory: $portside_directory"',
    // dash takes no `--` there, bash needs it before a program whose name begins with a dash.
    `  exec ${shell.isBash ? "-- " : ""}"$@"`,
    "fi",
    "portside_command=$1 portside_count=0",
    "shift",
    // In front of the arguments, so the last one goes first.
    ...scripts
      .toReversed()
      .map((script) => onlyFor(script, `set -- ${quote(script.path)} "$@"; portside_count=$((portside_count + 1))`)),
    `exec ${shellPath} -c ${quote(SHELL_LAUNCHER)} ${shellPath} "$portside_command" "$portside_directory" "$portside_count" "$@"`,
  ];
}
