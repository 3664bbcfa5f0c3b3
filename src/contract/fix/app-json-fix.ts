import type { Diagnostic } from "../../model/diagnostic.ts";
import { parseAppJson } from "../app-json.ts";
import { parseJsonDocument } from "../json-document.ts";
import { positionsIn } from "../text-position.ts";
import { findValueFixes, type ValueFix } from "./app-json-values.ts";
import type { Fix, FixedText } from "./fixed-text.ts";
import { planLenience } from "./json-lenience-fix.ts";
import { applyEdits, offsetBefore } from "./text-edit.ts";

const BYTE_ORDER_MARKS = /^\uFEFF+/;
const EMPTY_OBJECT = "{}\n";

/**
 * app.json as strict JSON, with values of the JSON type that was meant. A text with a syntax error loses its byte-order mark at most.
 * `procfile` are the process types, where they are known.
 */
export function fixAppJson(before: string, procfile: readonly string[] | undefined): FixedText {
  const fixes: Fix[] = [];
  const raw = before.replace(BYTE_ORDER_MARKS, "");
  if (raw !== before) fixes.push({ line: 1, text: "byte-order mark removed" });
  const document = parseJsonDocument(raw);
  if (!document.ok) return { after: raw, fixes };

  const lenience = planLenience(raw);
  const positionOf = positionsIn(raw);
  const lineOf = (offset: number): number => positionOf(offset).line;
  fixes.push(...lenience.commentOffsets.map((offset) => ({ line: lineOf(offset), text: "comment removed" })));
  fixes.push(...lenience.commaOffsets.map((offset) => ({ line: lineOf(offset), text: "trailing comma removed" })));
  const strict = applyEdits(raw, lenience.edits);
  if (document.root === undefined) {
    fixes.push({ line: 1, text: "an empty file became `{}`" });
    return { after: EMPTY_OBJECT, fixes };
  }

  const accepted = acceptable(strict, findValueFixes(strict), procfile);
  for (const { offset, text } of accepted) fixes.push({ line: lineOf(offsetBefore(lenience.edits, offset)), text });
  return { after: applyEdits(strict, editsOf(accepted)), fixes };
}

/**
 * The fixes after which nothing is found that was not found before. A fix that brings a new finding to light (a quantity for a
 * type that the Procfile lacks) is a guess: the author must look at it anyway.
 */
function acceptable(
  text: string,
  candidates: readonly ValueFix[],
  procfile: readonly string[] | undefined,
): readonly ValueFix[] {
  const types = procfile === undefined ? {} : { procfile };
  const find = (raw: string): readonly Diagnostic[] => parseAppJson(raw, types).diagnostics;
  let left = candidates;
  if (left.length === 0) return left;
  const known = new Set(find(text).map(keyOf));
  // With more findings than are shown nobody can say which ones are new.
  if (known.has("FILE_MORE_ERRORS ") || known.has("FILE_MORE_WARNINGS ")) return [];
  while (left.length > 0) {
    const fresh = find(applyEdits(text, editsOf(left))).filter((diagnostic) => !known.has(keyOf(diagnostic)));
    if (fresh.length === 0) return left;
    const culprits = culpritsAmong(
      left,
      fresh.map(({ path = "" }) => path),
    );
    left = left.filter((fix) => !culprits.has(fix));
  }
  return left;
}

/** The fixes at, above or below the places of new findings; else those beside them; else all. */
function culpritsAmong(fixes: readonly ValueFix[], paths: readonly string[]): ReadonlySet<ValueFix> {
  const related = (fix: ValueFix, path: string): boolean => isWithin(fix.pointer, path) || isWithin(path, fix.pointer);
  const beside = (fix: ValueFix, path: string): boolean =>
    isWithin(path, fix.pointer.slice(0, fix.pointer.lastIndexOf("/")));
  for (const test of [related, beside]) {
    const found = fixes.filter((fix) => paths.some((path) => path !== "" && test(fix, path)));
    if (found.length > 0) return new Set(found);
  }
  return new Set(fixes);
}

function isWithin(pointer: string, outer: string): boolean {
  return pointer === outer || pointer.startsWith(`${outer}/`);
}

function keyOf({ code, path = "" }: Diagnostic): string {
  return `${code} ${path}`;
}

function editsOf(fixes: readonly ValueFix[]): ValueFix["edits"] {
  return fixes.flatMap((fix) => fix.edits);
}
