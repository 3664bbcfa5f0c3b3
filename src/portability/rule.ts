import type { Severity } from "../model/diagnostic-registry.ts";
import type { AppSource } from "./app-source.ts";
import type { Spot } from "./finding.ts";
import type { Platform } from "./platforms.ts";

/** Files of a small app that shows a rule, by path. */
export type ExampleFiles = Readonly<Record<string, string>>;

/** An app that breaks the rule on `platform`, and the same app mended. Printed in the documentation, run by a test. */
export type RuleExample = { readonly platform: Platform; readonly files: ExampleFiles; readonly fixed: ExampleFiles };

/**
 * One rule of the portability check: what it says as data, and how it finds its places. Sources: the portability table of the
 * cases, and the reference page on other platforms.
 */
export type Rule = {
  /** Also the name of its page, `docs/reference/portability/CODE.md`. Never reused or renamed. */
  readonly code: string;
  /** What it is about, as a short sentence without a full stop. */
  readonly title: string;
  /** The platforms it speaks for; it is never reported for the others. */
  readonly severity: Readonly<Partial<Record<Platform, Severity>>>;
  /** What the platforms do, for the documentation. Markdown. */
  readonly why: string;
  /** What to do, for the documentation. Markdown. */
  readonly fix: string;
  readonly check: RuleCheck;
};

/** How a rule is checked: in the files, or with something that files alone cannot tell. */
export type RuleCheck =
  | { readonly from: "files"; readonly find: (app: AppSource) => readonly Spot[]; readonly example: RuleExample }
  | { readonly from: "elsewhere"; readonly needs: string };

/** The same severity on several platforms. */
export function on(
  severity: Severity,
  ...platforms: readonly Platform[]
): Readonly<Partial<Record<Platform, Severity>>> {
  return Object.fromEntries(platforms.map((platform) => [platform, severity]));
}
