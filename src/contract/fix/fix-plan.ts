import { hasErrors } from "../../model/diagnostic.ts";
import { parseProcfile } from "../procfile.ts";
import { fixAppJson } from "./app-json-fix.ts";
import type { Fix, FixedText } from "./fixed-text.ts";
import { fixProcfile } from "./procfile-fix.ts";

/** A file before and after, with everything that was put right in it, by line. Both texts differ. */
export type FixedFile = {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly fixes: readonly Fix[];
};

/**
 * Puts right what can only have been meant in one way, and keeps the layout of everything else. `files` are texts by path from the
 * source root; only `Procfile` and `app.json` are looked at. Pure. The files come in that order, those without a change are left out.
 * What was found there is gone afterwards, nothing new is found, and a second time nothing is left to do.
 */
export function planFixes(files: ReadonlyMap<string, string>): readonly FixedFile[] {
  const planned: FixedFile[] = [];
  const add = (path: string, fix: (before: string) => FixedText): void => {
    const before = files.get(path);
    const fixed = before === undefined ? undefined : fix(before);
    if (before === undefined || fixed === undefined || fixed.after === before) return;
    planned.push({ path, before, after: fixed.after, fixes: fixed.fixes.toSorted((a, b) => a.line - b.line) });
  };
  add("Procfile", fixProcfile);
  add("app.json", (before) => fixAppJson(before, processTypes(files.get("Procfile"))));
  return planned;
}

/** `undefined` when nobody can say which types there are. */
function processTypes(raw: string | undefined): readonly string[] | undefined {
  if (raw === undefined) return undefined;
  const { value, diagnostics } = parseProcfile(fixProcfile(raw).after);
  return hasErrors(diagnostics) ? undefined : value.map((entry) => entry.name);
}
