import { parseSync } from "oxc-parser";

/** A node of the ESTree syntax tree; fields are checked where they are used. */
export type Node = { readonly type: string; readonly start: number; readonly end: number } & Readonly<
  Record<string, unknown>
>;

/** One import or re-export. `typeOnly` is true for `import type`, `export type … from` and `import("…").X` in a type. */
export type ImportFact = { readonly specifier: string; readonly typeOnly: boolean; readonly line: number };

/** One function: `name` is `Class.method`, the variable or key it is given to, or that of the function around it. */
export type FunctionFact = {
  readonly name: string;
  readonly line: number;
  readonly lineCount: number;
  /** Without `this` and without a trailing `signal`, which every wait takes. */
  readonly parameterCount: number;
  /** Deepest control statement inside, nested functions included. */
  readonly nesting: number;
};

/** What the rules need to know of one source file. Written by `scanFile`, read by the rules; nowhere stored. */
export type ScannedFile = {
  /** Relative to the repository, `/` as separator. */
  readonly path: string;
  readonly text: string;
  readonly lineCount: number;
  readonly program: Node;
  readonly comments: readonly {
    readonly type: "Line" | "Block";
    readonly value: string;
    readonly start: number;
    readonly end: number;
  }[];
  readonly imports: readonly ImportFact[];
  readonly functions: readonly FunctionFact[];
  /** Line, from 1, of an offset into the text. */
  lineOf(offset: number): number;
};

/** Parses one file. Throws with path and line when it is not TypeScript: a file we cannot read must not count as clean. */
export function scanFile(path: string, text: string): ScannedFile {
  const parsed = parseSync(path, text);
  const lineOf = lineFinder(text);
  const [problem] = parsed.errors;
  if (problem !== undefined) throw new Error(`${path}:${lineOf(problem.labels[0]?.start ?? 0)}: ${problem.message}`);
  const program = parsed.program as unknown as Node;
  return {
    path,
    text,
    lineCount: text.split("\n").length - (text.endsWith("\n") ? 1 : 0),
    program,
    comments: parsed.comments,
    imports: importsOf(program, lineOf),
    functions: functionsOf(program, lineOf),
    lineOf,
  };
}

/** Calls `visit` for every node, parents first, with the chain of nodes around it (outermost first). */
export function walk(root: Node, visit: (node: Node, ancestors: readonly Node[]) => void): void {
  const ancestors: Node[] = [];
  const step = (node: Node): void => {
    visit(node, ancestors);
    ancestors.push(node);
    for (const child of childrenOf(node)) step(child);
    ancestors.pop();
  };
  step(root);
}

/** The node in a field, or `undefined` when the field holds none. */
export function nodeIn(node: Node | undefined, field: string): Node | undefined {
  const value = node?.[field];
  return isNode(value) ? value : undefined;
}

/** The nodes of a list field; empty when it is none. */
export function nodesIn(node: Node | undefined, field: string): Node[] {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** `name` of an identifier or private identifier, the value of a string literal, else `undefined`. */
export function nameOf(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return String(node["name"]);
  return node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : undefined;
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** Whether the node is a function with a body. */
export function isFunction(node: Node): boolean {
  return FUNCTIONS.has(node.type);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}

const IMPORTING = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);

function importsOf(program: Node, lineOf: (offset: number) => number): ImportFact[] {
  const imports: ImportFact[] = [];
  walk(program, (node) => {
    if (!IMPORTING.has(node.type)) return;
    const specifier = nameOf(nodeIn(node, "source"));
    if (specifier === undefined) return;
    const typeOnly = node.type === "TSImportType" || node["importKind"] === "type" || node["exportKind"] === "type";
    imports.push({ specifier, typeOnly, line: lineOf(node.start) });
  });
  return imports;
}

function functionsOf(program: Node, lineOf: (offset: number) => number): FunctionFact[] {
  const functions: FunctionFact[] = [];
  walk(program, (node, ancestors) => {
    if (!isFunction(node)) return;
    functions.push({
      name: functionName(node, ancestors),
      line: lineOf(node.start),
      lineCount: lineOf(node.end) - lineOf(node.start) + 1,
      parameterCount: countParameters(nodesIn(node, "params")),
      nesting: deepestControl(nodeIn(node, "body")),
    });
  });
  return functions;
}

function functionName(node: Node, ancestors: readonly Node[]): string {
  const own = nameOf(nodeIn(node, "id"));
  if (own !== undefined) return own;
  for (const ancestor of ancestors.toReversed()) {
    if (ancestor.type === "VariableDeclarator" || ancestor.type === "FunctionDeclaration")
      return nameOf(nodeIn(ancestor, "id")) ?? "pattern";
    if (ancestor.type === "MethodDefinition" || ancestor.type === "PropertyDefinition")
      return memberName(ancestor, ancestors);
    if (ancestor.type === "Property") return nameOf(nodeIn(ancestor, "key")) ?? "computed";
  }
  return "module";
}

function memberName(member: Node, ancestors: readonly Node[]): string {
  const owner = ancestors.findLast((node) => node.type === "ClassDeclaration" || node.type === "ClassExpression");
  return `${nameOf(nodeIn(owner, "id")) ?? "class"}.${nameOf(nodeIn(member, "key")) ?? "computed"}`;
}

function countParameters(parameters: readonly Node[]): number {
  const counted = parameters.filter((parameter) => nameOf(parameter) !== "this");
  return counted.length - (nameOf(counted.at(-1)) === "signal" ? 1 : 0);
}

const CONTROL = new Set([
  "IfStatement",
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "DoWhileStatement",
  "SwitchStatement",
  "TryStatement",
]);

/** Control statements around each other; `else if` is no deeper than its `if`, and a nested function goes on counting. */
function deepestControl(node: Node | undefined, depth = 0): number {
  if (node === undefined) return depth;
  const inner = CONTROL.has(node.type) ? depth + 1 : depth;
  const alternate = node.type === "IfStatement" ? nodeIn(node, "alternate") : undefined;
  const depths = childrenOf(node).map((child) =>
    child === alternate && child.type === "IfStatement" ? deepestControl(child, depth) : deepestControl(child, inner),
  );
  return Math.max(inner, ...depths);
}
