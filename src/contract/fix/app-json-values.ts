import { parseTree, type Node } from "jsonc-parser";
import { escapeToken, nameOf } from "../json-place.ts";
import type { TextEdit } from "./text-edit.ts";
import { triggersAsList } from "./trigger-list-fix.ts";

/** One value that was put right: its JSON pointer and offset, what to say about it, and how. */
export type ValueFix = {
  readonly pointer: string;
  readonly offset: number;
  readonly text: string;
  readonly edits: readonly TextEdit[];
};

/** What stands at a place, and how it could be put right; `undefined` when it is right, or nobody can be sure. */
type Fixer = (node: Node, source: string) => { readonly what: string; readonly edits: readonly TextEdit[] } | undefined;

const asText: Fixer = (node, source) => {
  const raw = source.slice(node.offset, node.offset + node.length);
  // `1.50` or `1e3` could have been meant either way.
  const isCertain = node.type === "boolean" || (node.type === "number" && String(node.value) === raw);
  return isCertain ? { what: "became text", edits: [replace(node, `"${raw}"`)] } : undefined;
};

const asCount: Fixer = (node, source) => {
  const raw = source.slice(node.offset, node.offset + node.length);
  const digits =
    node.type === "string"
      ? /^(?:0|[1-9]\d{0,8})$/.exec(String(node.value))?.[0]
      : node.type === "number"
        ? /^(\d{1,9})\.0+$/.exec(raw)?.[1]
        : undefined;
  return digits === undefined ? undefined : { what: "became a whole number", edits: [replace(node, digits)] };
};

const asFlag: Fixer = (node) =>
  node.type === "string" && (node.value === "true" || node.value === "false")
    ? { what: "became `true` or `false`", edits: [replace(node, node.value)] }
    : undefined;

const asService: Fixer = (node) =>
  node.type === "boolean"
    ? { what: "became an object", edits: [replace(node, `{ "exposed": ${String(node.value)} }`)] }
    : undefined;

const asBuildpack: Fixer = (node, source) =>
  node.type === "string"
    ? {
        what: "became an object",
        edits: [replace(node, `{ "url": ${source.slice(node.offset, node.offset + node.length)} }`)],
      }
    : undefined;

const asTriggerList: Fixer = (node, source) => {
  const edits = triggersAsList(node, source);
  return edits === undefined ? undefined : { what: "became a list", edits };
};

const SCALING = "formation/*/autoscaling";

/** Where what is meant; `*` is any key or index. The same holds inside `environments/*`. */
const FIXERS: readonly (readonly [place: string, fixer: Fixer])[] = [
  ["env/*", asText],
  ["env/*/value", asText],
  ["env/*/required", asFlag],
  ["env/*/sync", asFlag],
  ["buildpacks/*", asBuildpack],
  ["formation/*/quantity", asCount],
  ["formation/*/max_parallel", asCount],
  ["formation/*/stop_timeout", asCount],
  ["formation/*/service", asService],
  ["formation/*/service/exposed", asFlag],
  [`${SCALING}/min_quantity`, asCount],
  [`${SCALING}/max_quantity`, asCount],
  [`${SCALING}/polling_interval_seconds`, asCount],
  [`${SCALING}/cooldown_period_seconds`, asCount],
  [`${SCALING}/triggers`, asTriggerList],
  [`${SCALING}/triggers/*/metadata/*`, asText],
  ["cron/*/maintenance", asFlag],
  ...["attempts", "timeout", "wait", "initialDelay", "port", "uptime"].map(
    (key) => [`healthchecks/*/*/${key}`, asCount] as const,
  ),
  ["healthchecks/*/*/warn", asFlag],
  ["healthchecks/*/*/listening", asFlag],
];
const PLACES = FIXERS.map(([place, fixer]) => ({ place: place.split("/"), fixer }));

/**
 * What can be put right in the values of a strict JSON text nested at most as deep as app.json may be, by offset. Of a duplicate
 * key only the last value is looked at, as only that one counts (D17).
 */
export function findValueFixes(source: string): readonly ValueFix[] {
  const root = parseTree(source);
  const found: ValueFix[] = [];
  const visit = (node: Node, tokens: readonly string[]): void => {
    const fixed = fixerAt(tokens)?.(node, source);
    if (fixed !== undefined) {
      const pointer = tokens.map((token) => `/${escapeToken(token)}`).join("");
      found.push({ pointer, offset: node.offset, text: `${nameOf(pointer)} ${fixed.what}`, edits: fixed.edits });
    }
    for (const [token, child] of childrenOf(node)) visit(child, [...tokens, token]);
  };
  if (root !== undefined) visit(root, []);
  return found;
}

function childrenOf(node: Node): readonly (readonly [string, Node])[] {
  const children = node.children ?? [];
  if (node.type === "array") return children.map((child, index) => [String(index), child]);
  const counting = new Map<string, Node>();
  for (const { children: [key, value] = [] } of children)
    if (key !== undefined && value !== undefined) counting.set(String(key.value), value);
  return [...counting];
}

function fixerAt(tokens: readonly string[]): Fixer | undefined {
  const inner = tokens[0] === "environments" ? tokens.slice(2) : tokens;
  return PLACES.find(
    ({ place }) => place.length === inner.length && place.every((step, index) => step === "*" || step === inner[index]),
  )?.fixer;
}

function replace(node: Node, content: string): TextEdit {
  return { offset: node.offset, length: node.length, content };
}
