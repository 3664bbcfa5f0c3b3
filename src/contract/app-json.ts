import type { AppJson } from "../model/app-contract.ts";
import { compareDiagnostics, type Diagnostic, type Parsed } from "../model/diagnostic.ts";
import { addons } from "./app-json-addons.ts";
import { buildpacks } from "./app-json-buildpacks.ts";
import { cron } from "./app-json-cron.ts";
import { env } from "./app-json-env.ts";
import { formation } from "./app-json-formation.ts";
import { healthchecks } from "./app-json-healthchecks.ts";
import { scripts } from "./app-json-scripts.ts";
import { diagnose } from "./diagnose.ts";
import { parseJsonDocument, type JsonDocument } from "./json-document.ts";
import { type JsonFinding, type Report } from "./json-place.ts";
import { ignored, list, map, object, text, type Reader } from "./json-reader.ts";
import { positionsIn } from "./text-position.ts";

const BYTE_ORDER_MARK = "\uFEFF";

/** `procfile`: the Procfile's process types; absent when they are not known. `environment`: whose value is asked for (D73). */
export type AppJsonOptions = {
  readonly file?: string;
  readonly procfile?: readonly string[];
  readonly environment?: string;
};

/**
 * Reads app.json: short forms opened, defaults filled in, wrong parts left out. With `environment` the value is the one for that
 * environment, without `environments`. Never throws. Codes: `APP_…`. Contract §3–§9, D13–D33, D73.
 */
export function parseAppJson(raw: string, options: AppJsonOptions = {}): Parsed<AppJson> {
  const content = raw.startsWith(BYTE_ORDER_MARK) ? raw.slice(1) : raw;
  const diagnostics: Diagnostic[] = [];
  const report = reportInto(diagnostics, options.file ?? "app.json", content);
  const document = parseJsonDocument(content);
  if (!document.ok) {
    report({ code: "APP_SYNTAX", path: "", ...document.problem });
    return { value: {}, diagnostics };
  }
  reportLeniency(document, report);
  const read = file(options.procfile);
  const declared = document.root === undefined ? {} : (read({ node: document.root, pointer: "", report }) ?? {});
  const value = options.environment === undefined ? declared : forEnvironment(declared, options.environment);
  return { value, diagnostics: diagnostics.toSorted(compareDiagnostics) };
}

/** The keys of contract §3. What stands in `environments` has the same keys, but for itself (D32). */
function file(procfile: readonly string[] | undefined): Reader<AppJson> {
  const keys = {
    name: text,
    description: text,
    keywords: list(text),
    website: text,
    repository: text,
    logo: text,
    success_url: text,
    stack: text,
    image: text,
    buildpacks,
    env,
    formation: formation(procfile),
    addons,
    scripts,
    cron,
    healthchecks,
  };
  return object({ $schema: ignored, ...keys, environments: map(object(keys)) });
}

/** Each key of the environment replaces the base key, whole. Contract §3. */
function forEnvironment(declared: AppJson, environment: string): AppJson {
  const { environments = {}, ...base } = declared;
  return Object.hasOwn(environments, environment) ? { ...base, ...environments[environment] } : base;
}

function reportInto(diagnostics: Diagnostic[], file: string, content: string): Report {
  const positionOf = positionsIn(content);
  return ({ offset, otherOffset, ...finding }: JsonFinding) => {
    const other = otherOffset === undefined ? {} : { otherLine: positionOf(otherOffset).line };
    diagnostics.push(diagnose({ ...finding, ...other, file, ...positionOf(offset) }));
  };
}

/** One warning each a file, at the first (D14). */
function reportLeniency(document: Extract<JsonDocument, { ok: true }>, report: Report): void {
  const { commentAt, trailingCommaAt } = document;
  if (commentAt !== undefined) {
    const message = "Comments are no part of JSON, and other platforms refuse the file.";
    report({
      code: "APP_COMMENT",
      offset: commentAt,
      path: "",
      message,
      hint: "Remove the comments if the app is to run elsewhere too.",
    });
  }
  if (trailingCommaAt !== undefined) {
    const message = "A comma after the last value is no part of JSON, and other platforms refuse the file.";
    report({ code: "APP_TRAILING_COMMA", offset: trailingCommaAt, path: "", message, hint: "Remove the comma." });
  }
}
