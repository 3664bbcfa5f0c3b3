import type { AppJson } from "../model/app-contract.ts";
import type { Parsed } from "../model/diagnostic.ts";
import { addons } from "./app-json-addons.ts";
import { buildpacks } from "./app-json-buildpacks.ts";
import { cron } from "./app-json-cron.ts";
import { env } from "./app-json-env.ts";
import { formation } from "./app-json-formation.ts";
import { healthchecks } from "./app-json-healthchecks.ts";
import { scripts } from "./app-json-scripts.ts";
import { FindingList } from "./finding-list.ts";
import { parseJsonDocument, type JsonDocument } from "./json-document.ts";
import { APP_JSON_DIALECT, reportInto, type Report } from "./json-place.ts";
import { about, ignored, list, map, object, text, type Reader } from "./json-reader.ts";

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
  const found = new FindingList(options.file ?? "app.json");
  const report = reportInto(found, content);
  const document = parseJsonDocument(content);
  if (!document.ok) {
    report({ code: "APP_SYNTAX", path: "", ...document.problem });
    return { value: {}, diagnostics: found.diagnostics() };
  }
  reportLeniency(document, report);
  const place = { pointer: "", report, dialect: APP_JSON_DIALECT };
  const declared =
    document.root === undefined ? {} : (appJsonFile(options.procfile).read({ ...place, node: document.root }) ?? {});
  const value = options.environment === undefined ? declared : forEnvironment(declared, options.environment);
  return { value, diagnostics: found.diagnostics() };
}

/**
 * The keys of contract §3. What stands in `environments` has the same keys, but for itself (D32). `procfile` are the Procfile's
 * process types; without it any type may be named.
 */
export function appJsonFile(procfile?: readonly string[]): Reader<AppJson> {
  const keys = {
    name: about("Name of the app, for people.", text),
    description: about("What the app does, in a sentence.", text),
    keywords: about("Words to find it by.", list(text)),
    website: about("Its home page.", text),
    repository: about("Where its source lies.", text),
    logo: about("Address of its logo.", text),
    success_url: about("Where to send somebody after the first deploy.", text),
    stack: about("Builder to build it with, by name.", text),
    image: about("Run image or builder image, by reference.", text),
    buildpacks: about("Buildpacks in the order they run; without them they are detected.", buildpacks),
    env: about("Config variables by name, decided before the build.", env),
    formation: about("How many instances of each process type run, and how.", formation(procfile)),
    addons: about("Services to provision before the first release.", addons),
    scripts: about("Commands that run at fixed moments of a deploy.", scripts),
    cron: about("Commands that run on a schedule.", cron),
    healthchecks: about("Checks by process type.", healthchecks),
  };
  const environments = about(
    "By environment: each key replaces the one above it, whole, for that environment only.",
    map(object(keys)),
  );
  return object({ $schema: ignored, ...keys, environments });
}

/** Each key of the environment replaces the base key, whole. Contract §3. */
export function forEnvironment(declared: AppJson, environment: string): AppJson {
  const { environments = {}, ...base } = declared;
  return Object.hasOwn(environments, environment) ? { ...base, ...environments[environment] } : base;
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
