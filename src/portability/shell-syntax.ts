import { forEachChild, type Command, type ParsedScript, type SyntaxNode, type WordPart } from "unbash";
import { parseShell } from "./shell-parse.ts";
import { scanShell } from "./shell-scan.ts";
import { findStayingShell, runningWords } from "./shell-signals.ts";
import type { QuotedPiece, ShellPiece, ShellText } from "./shell-text.ts";

/**
 * Takes a command line apart on its Bash syntax tree; where there is none (an unclosed quote, a huge line), by a scan that
 * knows quotes and expansions. Never throws.
 */
export function readShell(text: string): ShellText {
  if (PLAIN_WORDS.test(text)) return scanShell(text);
  const tree = parseShell(text);
  return tree === undefined ? scanShell(text) : readTree(text, tree);
}

/** Words without quotes, expansions or operators need no tree. */
const PLAIN_WORDS = /^[\w\t ./:,@%+=-]*$/;

function readTree(text: string, tree: ParsedScript): ShellText {
  const found: Found = { leaves: [], parts: [] };
  collect(tree, found);
  const gaps = gapsBetween(text, found.leaves);
  const commentAt = findComment(gaps);
  const first = firstCommand(tree);
  const assignment = first?.prefix.find((node) => node.type === "Assignment");
  const isExec = assignment === undefined && first?.name?.text === "exec";
  return {
    text,
    ...(commentAt === undefined ? {} : { commentAt }),
    operators: findOperators({ gaps, parts: found.parts, end: commentAt ?? text.length }),
    ...(assignment === undefined ? {} : { assignment: { at: assignment.pos, text: assignment.text } }),
    ...(isExec ? { exec: { at: first.name.pos, text: "exec" } } : {}),
    expansions: found.parts.flatMap(expansionsOf),
    quoted: found.parts.flatMap(quotedOf),
    runningWords: runningWords(tree),
    stays: findStayingShell(tree),
  };
}

type Found = { readonly leaves: { readonly pos: number; readonly end: number }[]; readonly parts: WordPart[] };

/** Words and assignments are leaves: what lies between them are operators, keywords, redirections and the comment. */
function collect(node: SyntaxNode, found: Found): void {
  if (node.type === "Word") {
    found.leaves.push(node);
    found.parts.push(...(node.parts ?? []));
    return;
  }
  if (node.type === "Assignment") found.leaves.push({ pos: node.pos, end: node.end });
  forEachChild(node, (child) => collect(child, found));
}

function gapsBetween(text: string, leaves: Found["leaves"]): readonly ShellPiece[] {
  const gaps: ShellPiece[] = [];
  let from = 0;
  for (const { pos, end } of leaves.toSorted((a, b) => a.pos - b.pos)) {
    if (pos > from) gaps.push({ at: from, text: text.slice(from, pos) });
    from = Math.max(from, end);
  }
  if (from < text.length) gaps.push({ at: from, text: text.slice(from) });
  return gaps;
}

/** A comment of one line reaches to its end, so it lies in the last gap. */
function findComment(gaps: readonly ShellPiece[]): number | undefined {
  const last = gaps.at(-1);
  const hash = last?.text.indexOf("#") ?? -1;
  return last === undefined || hash === -1 ? undefined : last.at + hash;
}

type Between = { readonly gaps: readonly ShellPiece[]; readonly parts: readonly WordPart[]; readonly end: number };

function findOperators({ gaps, parts, end }: Between): readonly ShellPiece[] {
  const between = gaps.flatMap((gap) =>
    [...gap.text.matchAll(/[;&|<>()]+/g)].map((match) => ({ at: gap.at + match.index, text: match[0] })),
  );
  const inWords = parts
    .filter((part) => part.type === "ProcessSubstitution")
    .map((part) => ({ at: part.pos, text: `${part.operator}(` }));
  return [...between, ...inWords].filter(({ at }) => at < end).toSorted((a, b) => a.at - b.at);
}

function firstCommand(tree: ParsedScript): Command | undefined {
  let node: SyntaxNode | undefined = tree;
  while (node !== undefined && node.type !== "Command") node = firstChild(node);
  return node;
}

function firstChild(node: SyntaxNode): SyntaxNode | undefined {
  const children: SyntaxNode[] = [];
  forEachChild(node, (child) => children.push(child));
  return children.find((child) => child.type !== "Negation" && child.type !== "Time");
}

const EXPANSIONS: ReadonlySet<WordPart["type"]> = new Set([
  "SimpleExpansion",
  "ParameterExpansion",
  "CommandExpansion",
  "ArithmeticExpansion",
]);

function expansionsOf(part: WordPart): readonly ShellPiece[] {
  if (EXPANSIONS.has(part.type)) return [{ at: part.pos, text: part.text }];
  return innerParts(part).flatMap(expansionsOf);
}

function innerParts(part: WordPart): readonly WordPart[] {
  return "parts" in part && part.parts !== undefined ? part.parts : [];
}

function quotedOf(part: WordPart): readonly QuotedPiece[] {
  const at = { at: part.pos, text: part.text };
  if (part.type === "SingleQuoted" || part.type === "AnsiCQuoted") {
    const inner = part.text.replace(/^\$?'/, "").replace(/'$/, "");
    return [{ ...at, kind: "single", inner, literal: inner }];
  }
  if (part.type === "DoubleQuoted" || part.type === "LocaleString") {
    const inner = part.text.replace(/^\$?"/, "").replace(/"$/, "");
    const literal = part.parts.map((child) => (child.type === "Literal" ? child.value : "")).join("");
    return [{ ...at, kind: "double", inner, literal }];
  }
  return innerParts(part).flatMap(quotedOf);
}
