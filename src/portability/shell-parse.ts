import { forEachChild, parse, type ParsedScript, type SyntaxNode } from "unbash";

/** The parser's time grows with the square of the nesting, so what is long or deeply nested is not handed over. */
const PARSED_CHARACTERS_MAX = 4_096;
const NESTINGS_MAX = 16;
const NESTING = /\(|[{[`]|<<|\b(?:if|while|until|for|case|select|function|coproc|time)\b/g;

/** The Bash syntax tree; nothing when the text has a syntax error or is too much for the parser. */
export function parseShell(text: string): ParsedScript | undefined {
  if (text.length > PARSED_CHARACTERS_MAX || (text.match(NESTING)?.length ?? 0) > NESTINGS_MAX) return undefined;
  try {
    const tree = parse(text);
    return hasErrors(tree) ? undefined : tree;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Each script inside another one has its own errors. */
function hasErrors(node: SyntaxNode): boolean {
  if (node.type === "Script" && "errors" in node && (node.errors?.length ?? 0) > 0) return true;
  let found = false;
  forEachChild(node, (child) => {
    found ||= hasErrors(child);
  });
  return found;
}
