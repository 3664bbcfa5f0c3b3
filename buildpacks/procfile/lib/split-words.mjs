const SEPARATORS = " \t\r\n";
const ESCAPED = { t: "\t", n: "\n" };
const OPERATORS = ";&|<>()";

/**
 * Splits a command into words without a shell: quotes and backslashes count, nothing is expanded. Everything that only a
 * shell could do is an error instead of being dropped or passed on as text. Throws with a message that names it.
 */
export function splitWords(command) {
  const words = [];
  let at = 0;
  while (at < command.length) {
    if (SEPARATORS.includes(command[at])) at += 1;
    else {
      const { text, end } = readWord(command, at, words.length === 0);
      words.push(text);
      at = end;
    }
  }
  if (words.length === 0) throw new Error("the command has no word");
  return words;
}

function readWord(command, start, isFirst) {
  let text = "";
  let at = start;
  while (at < command.length && !SEPARATORS.includes(command[at])) {
    const part = readPart(command, at);
    text += part.text;
    at = part.end;
  }
  const raw = command.slice(start, at);
  if (raw.startsWith("#")) throw new Error("a comment (`#`) needs a shell");
  if (isFirst && /^[A-Za-z_][A-Za-z0-9_]*=/.test(raw)) throw new Error(`the assignment \`${raw}\` needs a shell`);
  if (isFirst && raw === "exec") throw new Error("`exec` needs a shell");
  return { text, end: at };
}

function readPart(command, at) {
  const character = command[at];
  if (character === "'") return readSingleQuoted(command, at);
  if (character === '"') return readDoubleQuoted(command, at);
  if (character === "\\") return readEscape(command, at);
  if (OPERATORS.includes(character)) throw new Error(`\`${character}\` needs a shell`);
  assertLiteral(command, at);
  return { text: character, end: at + 1 };
}

function readSingleQuoted(command, at) {
  const close = command.indexOf("'", at + 1);
  if (close < 0) throw new Error("a quote (`'`) is not closed");
  return { text: command.slice(at + 1, close), end: close + 1 };
}

function readDoubleQuoted(command, start) {
  let text = "";
  let at = start + 1;
  while (at < command.length && command[at] !== '"') {
    if (command[at] === "\\") {
      const escape = readEscape(command, at);
      text += escape.text;
      at = escape.end;
    } else {
      assertLiteral(command, at);
      text += command[at];
      at += 1;
    }
  }
  if (at >= command.length) throw new Error('a quote (`"`) is not closed');
  return { text, end: at + 1 };
}

function readEscape(command, at) {
  const escaped = command[at + 1];
  if (escaped === undefined) throw new Error("the command ends in a backslash");
  return { text: ESCAPED[escaped] ?? escaped, end: at + 2 };
}

function assertLiteral(command, at) {
  if (command[at] === "`") throw new Error("a command in backticks needs a shell");
  if (command[at] === "$" && /[A-Za-z0-9_{(@*#?$!'"-]/.test(command[at + 1] ?? "")) {
    const [expansion] = /^\$(?:[A-Za-z0-9_]+|.)/.exec(command.slice(at));
    throw new Error(`the expansion \`${expansion}\` needs a shell`);
  }
}
