import { roomOf } from "./edges.ts";
import type { Finding } from "./finding.ts";
import { isFunction, nameOf, nodeIn, nodesIn, walk, type Node, type ScannedFile } from "./scan.ts";

const FILE_LINES_MAX = 400;
const TEST_FILE_LINES_MAX = 600;
const FUNCTION_LINES_MAX = 60;
const PARAMETERS_MAX = 3;
const NESTING_MAX = 4;
const BIN_LINES_MAX = 10;

/** Tables of data, which have no size budget. */
const DATA_TABLES = new Set(["src/model/error-registry.ts", "src/model/diagnostic-registry.ts"]);

/** Whether a file is test code: wider budgets, no banned calls. */
function isTestFile(path: string): boolean {
  return path.endsWith(".test.ts") || path.startsWith("test/");
}

/** Files, functions, parameters and nesting that are over their budget. */
export function checkBudgets(file: ScannedFile): Finding[] {
  const findings: Finding[] = [];
  const over = (rule: string, at: { line: number; id: string; value: number; max: number }): void => {
    if (at.value > at.max)
      findings.push({
        rule,
        path: file.path,
        line: at.line,
        what: `${at.value}, budget ${at.max}`,
        budget: { id: at.id, value: at.value },
      });
  };
  if (!DATA_TABLES.has(file.path))
    over("file lines", { line: 1, id: file.path, value: file.lineCount, max: fileLinesMax(file.path) });
  for (const fn of file.functions) {
    const at = { line: fn.line, id: `${file.path}#${fn.name}` };
    if (!isTestFile(file.path)) {
      over("function lines", { ...at, value: fn.lineCount, max: FUNCTION_LINES_MAX });
      over("nesting", { ...at, value: fn.nesting, max: NESTING_MAX });
    }
    over("positional parameters", { ...at, value: fn.parameterCount, max: PARAMETERS_MAX });
  }
  return findings;
}

function fileLinesMax(path: string): number {
  if (path.startsWith("bin/")) return BIN_LINES_MAX;
  return isTestFile(path) ? TEST_FILE_LINES_MAX : FILE_LINES_MAX;
}

/** Calls that hide time, randomness, the environment, processes or output; allowed in `lib/`, `bin/` and what is no part of `src/`. */
export function checkBannedCalls(file: ScannedFile): Finding[] {
  if (!file.path.startsWith("src/") || roomOf(file.path) === "lib" || isTestFile(file.path)) return [];
  return collect(file, "banned call", (node, ancestors) => {
    const parent = ancestors.at(-1);
    if (node.type === "MemberExpression")
      return BANNED_MEMBERS.find((banned) => banned === memberText(node)) ?? consoleMember(node);
    if (
      node.type === "NewExpression" &&
      nameOf(nodeIn(node, "callee")) === "Date" &&
      nodesIn(node, "arguments").length === 0
    )
      return "new Date()";
    if (node.type === "Identifier" && BANNED_IDENTIFIERS.has(String(node["name"])) && !isName(node, parent))
      return String(node["name"]);
    if (node.type === "ImportDeclaration" || node.type === "ImportExpression") return bannedImport(node);
    return undefined;
  });
}

const BANNED_MEMBERS = ["Date.now", "Math.random", "process.env"];
const BANNED_IDENTIFIERS = new Set(["setTimeout", "setInterval"]);
const BANNED_MODULES = new Set(["child_process", "timers", "timers/promises", "process"]);

function consoleMember(node: Node): string | undefined {
  return nameOf(nodeIn(node, "object")) === "console" ? "console." : undefined;
}

function bannedImport(node: Node): string | undefined {
  const specifier = nameOf(nodeIn(node, "source")) ?? "";
  if (node["importKind"] === "type") return undefined;
  return BANNED_MODULES.has(specifier.replace(/^node:/, "")) ? `import of ${specifier}` : undefined;
}

/** Whether an identifier only names a member, a key or an import, so that it is no use of the global. */
function isName(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type === "MemberExpression") return nodeIn(parent, "property") === node && parent["computed"] !== true;
  return (
    ["Property", "MethodDefinition", "PropertyDefinition", "TSPropertySignature", "TSMethodSignature"].includes(
      parent.type,
    ) && nodeIn(parent, "key") === node
  );
}

/** What no file may hold: shell strings, engine names in comparisons, TypeScript that is not erasable, default exports. */
export function checkBannedSyntax(file: ScannedFile): Finding[] {
  return collect(file, "banned syntax", (node) => {
    switch (node.type) {
      case "Property":
        return nameOf(nodeIn(node, "key")) === "shell" && nodeIn(node, "value")?.["value"] === true
          ? "`shell: true`"
          : undefined;
      case "ImportDeclaration":
        return shellImport(node);
      case "BinaryExpression":
        return comparesEngineName(node) ? "comparison of an engine's name" : undefined;
      case "SwitchStatement":
        return namesEngine(nodeIn(node, "discriminant")) ? "switch over an engine's name" : undefined;
      case "TSEnumDeclaration":
        return "enum";
      case "TSModuleDeclaration":
        return node["declare"] === true ? undefined : "namespace";
      case "TSParameterProperty":
        return "parameter property";
      case "ExportDefaultDeclaration":
        return "default export";
      default:
        return undefined;
    }
  });
}

function shellImport(node: Node): string | undefined {
  if (!/^(node:)?child_process$/.test(nameOf(nodeIn(node, "source")) ?? "")) return undefined;
  const names = nodesIn(node, "specifiers").map((specifier) => nameOf(nodeIn(specifier, "imported")) ?? "");
  return names.find((name) => name === "exec" || name === "execSync");
}

function comparesEngineName(node: Node): boolean {
  const sides = [nodeIn(node, "left"), nodeIn(node, "right")];
  const isText = (side: Node | undefined): boolean => side?.type === "Literal" && typeof side["value"] === "string";
  return sides.some(isText) && sides.some(namesEngine) && ["===", "!==", "==", "!="].includes(String(node["operator"]));
}

/** `engine`, `engineName`, `x.engine`, `engine.name`, `this.#engine.name`. */
function namesEngine(node: Node | undefined): boolean {
  if (node === undefined) return false;
  if (node.type === "Identifier") return /^engine(Name)?$/i.test(String(node["name"]));
  if (node.type !== "MemberExpression") return false;
  const property = nameOf(nodeIn(node, "property")) ?? "";
  const owner = nodeIn(node, "object");
  const ownerName = nameOf(owner) ?? nameOf(nodeIn(owner, "property")) ?? "";
  return /^engine(Name)?$/i.test(property) || (property === "name" && /engine$/i.test(ownerName));
}

/** Rules on how modules of `src/` are cut: no barrels, no re-exports, zod as a namespace. */
export function checkModules(file: ScannedFile): Finding[] {
  if (!file.path.startsWith("src/")) return [];
  const barrel = /(^|\/)index\.ts$/.test(file.path)
    ? [{ rule: "barrel", path: file.path, line: 1, what: "name the file after what it holds" }]
    : [];
  const reExports = collect(file, "barrel", (node) => {
    const isExport = node.type === "ExportAllDeclaration" || node.type === "ExportNamedDeclaration";
    return isExport && nodeIn(node, "source") !== undefined
      ? "re-export: let the reader import the file that is meant"
      : undefined;
  });
  const zod = collect(file, "zod import", (node) => {
    if (node.type !== "ImportDeclaration" || nameOf(nodeIn(node, "source")) !== "zod") return undefined;
    return nodesIn(node, "specifiers").every((specifier) => specifier.type === "ImportNamespaceSpecifier")
      ? undefined
      : 'write `import * as z from "zod"`';
  });
  return [...barrel, ...reExports, ...zod];
}

/** Exported functions, classes and types without a doc comment; types inferred from a documented value need none. */
export function checkDocComments(file: ScannedFile): Finding[] {
  if (!file.path.startsWith("src/") || isTestFile(file.path)) return [];
  const missing = nodesIn(file.program, "body").flatMap((node) => {
    const declaration = node.type === "ExportNamedDeclaration" ? nodeIn(node, "declaration") : undefined;
    if (declaration === undefined || !needsDoc(declaration) || hasDoc(file, node)) return [];
    return [
      {
        line: file.lineOf(node.start),
        name: nameOf(nodeIn(declaration, "id")) ?? nameOf(nodeIn(nodesIn(declaration, "declarations")[0], "id")) ?? "?",
      },
    ];
  });
  return missing.map(({ line, name }) => ({
    rule: "doc comment",
    path: file.path,
    line,
    what: `\`${name}\` is exported without one`,
    budget: { id: `${file.path}#${name}`, value: 1 },
  }));
}

function needsDoc(declaration: Node): boolean {
  if (["FunctionDeclaration", "ClassDeclaration", "TSInterfaceDeclaration"].includes(declaration.type)) return true;
  if (declaration.type === "TSTypeAliasDeclaration") return !isInferred(nodeIn(declaration, "typeAnnotation"));
  const init = nodeIn(nodesIn(declaration, "declarations")[0], "init");
  return init !== undefined && isFunction(init);
}

/** `z.infer<typeof x>`, `(typeof X)[number]`, `keyof typeof X`, `typeof x`. */
function isInferred(type: Node | undefined): boolean {
  if (type === undefined) return false;
  if (type.type === "TSTypeQuery") return true;
  if (type.type === "TSTypeReference")
    return nodesIn(nodeIn(type, "typeArguments"), "params")[0]?.type === "TSTypeQuery";
  return isInferred(nodeIn(type, "objectType") ?? nodeIn(type, "typeAnnotation"));
}

function hasDoc(file: ScannedFile, node: Node): boolean {
  const before = file.comments.findLast((comment) => comment.end <= node.start);
  return (
    before !== undefined &&
    before.type === "Block" &&
    before.value.startsWith("*") &&
    file.text.slice(before.end, node.start).trim() === ""
  );
}

/** `any`, `!` and suppressions of the compiler or linter that do not say why. */
export function checkReasons(file: ScannedFile): Finding[] {
  const commented = new Set(
    file.comments.flatMap((comment) => [
      file.lineOf(comment.start),
      file.lineOf(comment.end) + 1,
      file.lineOf(comment.end),
    ]),
  );
  const unsafe = collect(file, "reason", (node) => {
    if (isTestFile(file.path) || commented.has(file.lineOf(node.start))) return undefined;
    if (node.type === "TSAnyKeyword") return "`any` without a comment that says why";
    return node.type === "TSNonNullExpression" ? "`!` without a comment that says why" : undefined;
  });
  const suppressions = file.comments.filter(
    (comment) => SUPPRESSION.test(comment.value) && !/ -- \S/.test(comment.value),
  );
  return [
    ...unsafe,
    ...suppressions.map((comment) => ({
      rule: "reason",
      path: file.path,
      line: file.lineOf(comment.start),
      what: "suppression without ` -- reason`",
    })),
  ];
}

const SUPPRESSION = /^[*\s]*(@ts-(expect-error|ignore|nocheck)|oxlint-disable|eslint-disable|oxfmt-ignore)/;

/** Unit tests share one process: what one of them changes, all others see. */
export function checkSharedProcess(file: ScannedFile): Finding[] {
  if (!file.path.endsWith(".test.ts")) return [];
  return collect(file, "shared process", (node) => {
    if (node.type === "CallExpression" && memberText(nodeIn(node, "callee")) === "process.chdir")
      return "process.chdir";
    if (node.type === "AssignmentExpression" && touchesEnv(nodeIn(node, "left"))) return "assignment to process.env";
    if (node.type === "UnaryExpression" && node["operator"] === "delete" && touchesEnv(nodeIn(node, "argument")))
      return "delete of process.env";
    return node.type === "CallExpression" && ONLY.has(memberText(nodeIn(node, "callee")))
      ? "`only` would hide every other test"
      : undefined;
  });
}

const ONLY = new Set(["test.only", "it.only", "describe.only", "suite.only"]);

function touchesEnv(node: Node | undefined): boolean {
  return memberText(node) === "process.env" || memberText(nodeIn(node, "object")) === "process.env";
}

function memberText(node: Node | undefined): string {
  if (node?.type !== "MemberExpression") return "";
  return `${nameOf(nodeIn(node, "object")) ?? ""}.${nameOf(nodeIn(node, "property")) ?? ""}`;
}

function collect(
  file: ScannedFile,
  rule: string,
  judge: (node: Node, ancestors: readonly Node[]) => string | undefined,
): Finding[] {
  const findings: Finding[] = [];
  walk(file.program, (node, ancestors) => {
    const what = judge(node, ancestors);
    if (what !== undefined) findings.push({ rule, path: file.path, line: file.lineOf(node.start), what });
  });
  return findings;
}
