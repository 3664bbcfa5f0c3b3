import type { AndOr, Command, ParsedScript, SyntaxNode } from "unbash";
import { parseShell } from "./shell-parse.ts";
import type { ShellPiece, ShellWord, StayingShell } from "./shell-text.ts";
import { commandWords, shellCall } from "./shell-word.ts";

const DEPTH_MAX = 4;
/** After `server || exit 1` it is the server that runs. */
const NO_PROGRAM = new Set(["exit", "true", "false", ":", "return", "echo"]);

/** The words of the commands that are left running; those of a script behind `sh -c` point at the script. */
export function runningWords(tree: ParsedScript, depth = 0): readonly ShellWord[] {
  return runningCommands(tree).flatMap((command) => {
    const own = commandWords(command);
    const script = shellCall(own)?.script;
    const inner = script === undefined || depth >= DEPTH_MAX ? undefined : parseShell(script.value);
    if (script === undefined || inner === undefined) return own;
    return [...own, ...runningWords(inner, depth + 1).map((word) => ({ ...word, at: script.at }))];
  });
}

/** The last statement's commands: of a pipeline all, behind `||` the ones before it too. */
function runningCommands(node: SyntaxNode): readonly Command[] {
  switch (node.type) {
    case "Command":
      return [node];
    case "Script":
    case "CompoundList":
      return node.commands.slice(-1).flatMap(runningCommands);
    case "Statement":
    case "Redirected":
      return runningCommands(node.command);
    case "AndOr":
      return node.commands.slice(node.operators.lastIndexOf("&&") + 1).flatMap(runningCommands);
    case "Pipeline":
      return node.commands.flatMap(runningCommands);
    default:
      return branches(node).flatMap(runningCommands);
  }
}

/** The bodies of a compound command. */
function branches(node: SyntaxNode): readonly SyntaxNode[] {
  if (node.type === "If") {
    const bodies = [node.then, ...node.elif.map((elif) => elif.then)];
    return node.else === undefined ? bodies : [...bodies, node.else];
  }
  if (node.type === "Case") return node.items.map((item) => item.body);
  if (node.type === "BraceGroup" || node.type === "Subshell") return [node.body];
  if (node.type === "While" || node.type === "For" || node.type === "ArithmeticFor") return [node.body];
  return [];
}

/** Which shells stay between the platform and the program once everything else has run. */
export function findStayingShell(tree: ParsedScript): StayingShell {
  const wrapper = findWrapper(tree, 0);
  return { outer: staysAfter(tree), ...(wrapper === undefined ? {} : { wrapper }) };
}

/** Whether the shell that runs this waits for its last program instead of becoming it. */
function staysAfter(node: SyntaxNode): boolean {
  switch (node.type) {
    case "Script":
    case "CompoundList": {
      const last = node.commands.at(-1);
      return last !== undefined && !trapsSignals(node) && staysAfter(last);
    }
    case "Statement":
      return node.background === true || staysAfter(node.command);
    case "AndOr":
      return staysAfter(lastProgram(node));
    case "Pipeline":
      return node.commands.length > 1 || node.prefixes.length > 0;
    case "Command":
      return staysAfterCommand(node);
    case "Redirected":
      return staysAfter(node.command);
    case "If":
    case "Case":
    case "BraceGroup":
      return branches(node).some(staysAfter);
    case "Subshell":
    case "While":
    case "For":
    case "ArithmeticFor":
    case "Select":
      return true;
    default:
      return false;
  }
}

/** A command that is an expansion can be anything, so nothing is claimed about it. */
function staysAfterCommand(command: Command): boolean {
  const name = command.name?.text;
  return name !== undefined && name !== "exec" && !/^"?[$`]/.test(name) && !NO_PROGRAM.has(name);
}

function lastProgram(node: AndOr): SyntaxNode {
  const isProgram = (command: SyntaxNode): boolean =>
    command.type !== "Command" || !NO_PROGRAM.has(command.name?.text ?? "");
  return node.commands.findLast(isProgram) ?? node;
}

/** A script with a trap cares for its signals itself. */
function trapsSignals(list: { readonly commands: readonly SyntaxNode[] }): boolean {
  return list.commands.some((statement) => {
    const command = statement.type === "Statement" ? statement.command : statement;
    if (command.type === "AndOr") return trapsSignals(command);
    return command.type === "Command" && command.name?.text === "trap";
  });
}

/** `sh -c '…'` as the last command, when that shell stays. */
function findWrapper(node: SyntaxNode, depth: number): ShellPiece | undefined {
  if (node.type === "Command") return wrapperOf(commandWords(node), depth);
  if (node.type === "Script" || node.type === "CompoundList") {
    const last = node.commands.at(-1);
    return last === undefined ? undefined : findWrapper(last, depth);
  }
  if (node.type === "Statement" || node.type === "Redirected") return findWrapper(node.command, depth);
  if (node.type === "AndOr" && node.commands.length > 0) {
    const last = lastProgram(node);
    return last === node ? undefined : findWrapper(last, depth);
  }
  for (const branch of branches(node)) {
    const found = findWrapper(branch, depth);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The shell among these words that stays in front of its script's last program. */
export function wrapperOf(words: readonly ShellWord[], depth = 0): ShellPiece | undefined {
  const call = shellCall(words);
  if (call?.script === undefined || depth > DEPTH_MAX) return undefined;
  const tree = parseShell(call.script.value);
  const stays =
    tree === undefined
      ? !/(?:^|[\s;&|({])exec\s/.test(call.script.value)
      : staysAfter(tree) || findWrapper(tree, depth + 1) !== undefined;
  return stays ? call.shell : undefined;
}
