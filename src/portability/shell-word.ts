import type { Command, DoubleQuotedChild, Word, WordPart } from "unbash";
import type { ShellWord } from "./shell-text.ts";

const SHELLS = /^(?:\/(?:usr\/)?(?:local\/)?bin\/)?(?:ba|da|a|z|k)?sh$/;
const BEFORE_PROGRAM = /^(?:exec|(?:(?:\/usr)?\/bin\/)?env|-\S*|[A-Za-z_]\w*=[^]*)$/;

/** A word without quotes and escapes; expansions stay as they are written. */
export function wordOf(word: Word): ShellWord {
  const value = word.parts === undefined ? word.value : word.parts.map(partValue).join("");
  return { at: word.pos, text: word.text, value };
}

function partValue(part: WordPart): string {
  switch (part.type) {
    case "Literal":
    case "SingleQuoted":
    case "AnsiCQuoted":
    case "Glob":
      return part.value;
    case "DoubleQuoted":
    case "LocaleString":
      return part.parts.map(childValue).join("");
    default:
      return part.text;
  }
}

function childValue(part: DoubleQuotedChild): string {
  return part.type === "Literal" ? part.value : part.text;
}

/** The words of a command, `NAME=value` before it included. */
export function commandWords(command: Command): readonly ShellWord[] {
  const assignments = command.prefix.filter((node) => node.type === "Assignment");
  const name = command.name === undefined ? [] : [wordOf(command.name)];
  const args = command.args.map((node) => (node.type === "Word" ? wordOf(node) : assignmentWord(node)));
  return [...assignments.map(assignmentWord), ...name, ...args];
}

function assignmentWord({ pos, text }: { readonly pos: number; readonly text: string }): ShellWord {
  return { at: pos, text, value: text.replaceAll(/["']/g, "") };
}

/** A shell that a command starts with `-c`: its own word, and the script where one follows. */
export type ShellCall = { readonly shell: ShellWord; readonly script?: ShellWord };

/** Finds `sh -c 'script'`, behind `exec`, `env` and `NAME=value` too. */
export function shellCall(words: readonly ShellWord[]): ShellCall | undefined {
  const index = words.findIndex(({ value }) => !BEFORE_PROGRAM.test(value));
  const shell = words[index];
  if (shell === undefined || !SHELLS.test(shell.value)) return undefined;
  let isScriptNext = false;
  for (let next = index + 1; next < words.length; next += 1) {
    const word = words[next];
    if (word === undefined) break;
    const isValue = takesValue(words[next - 1]?.value ?? "");
    if (!isValue && !/^[-+]/.test(word.value)) return isScriptNext ? { shell, script: word } : undefined;
    if (/^-[A-Za-z]*c[A-Za-z]*$/.test(word.value)) isScriptNext = true;
  }
  return isScriptNext ? { shell } : undefined;
}

/** `-o pipefail`, also behind other letters. */
function takesValue(option: string): boolean {
  return /^[-+][A-Za-z]*[oO]$/.test(option) || /^--(?:rcfile|init-file)$/.test(option);
}
