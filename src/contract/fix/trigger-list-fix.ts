import type { Node } from "jsonc-parser";
import type { TextEdit } from "./text-edit.ts";

type NamedTrigger = { readonly key: Node; readonly value: Node };

/**
 * Edits that turn triggers under their names into a list of triggers with names, in the same order and layout. `undefined` when
 * the node is no such map, when a name stands there twice, or when a trigger has another name inside: the two would differ.
 */
export function triggersAsList(node: Node, source: string): readonly TextEdit[] | undefined {
  const triggers = node.type === "object" ? readTriggers(node) : undefined;
  if (triggers === undefined || hasDuplicates(triggers)) return undefined;
  const edits: TextEdit[] = [
    { offset: node.offset, length: 1, content: "[" },
    { offset: node.offset + node.length - 1, length: 1, content: "]" },
  ];
  for (const { key, value } of triggers) {
    const name = nameInside(value);
    if (name !== undefined && (name.type !== "string" || name.value !== key.value)) return undefined;
    edits.push({ offset: key.offset, length: value.offset - key.offset, content: "" });
    if (name === undefined) edits.push(insertName(value, keyText(key, source), source));
  }
  return edits;
}

function readTriggers(node: Node): readonly NamedTrigger[] | undefined {
  const triggers: NamedTrigger[] = [];
  for (const { children: [key, value] = [] } of node.children ?? []) {
    if (key === undefined || value?.type !== "object") return undefined;
    triggers.push({ key, value });
  }
  return triggers;
}

function hasDuplicates(triggers: readonly NamedTrigger[]): boolean {
  return new Set(triggers.map(({ key }) => String(key.value))).size < triggers.length;
}

function nameInside(trigger: Node): Node | undefined {
  return trigger.children?.findLast((member) => member.children?.[0]?.value === "name")?.children?.[1];
}

function keyText(key: Node, source: string): string {
  return source.slice(key.offset, key.offset + key.length);
}

/** As the first member, on a line of its own where the members have lines of their own. */
function insertName(trigger: Node, name: string, source: string): TextEdit {
  const first = trigger.children?.[0];
  if (first === undefined) return { offset: trigger.offset + 1, length: 0, content: `"name": ${name}` };
  const gap = source.slice(trigger.offset + 1, first.offset);
  return { offset: first.offset, length: 0, content: `"name": ${name},${gap.includes("\n") ? gap : " "}` };
}
