import type { AptibleHooks } from "../model/app-contract.ts";
import type { Parsed } from "../model/diagnostic.ts";
import { FindingList } from "./finding-list.ts";
import { memberPlace, nameOf, reject, reportInto, type Dialect, type Place } from "./json-place.ts";
import { about, list, object, refine, text, type Reader } from "./json-reader.ts";
import { parseYamlDocument } from "./yaml-document.ts";

const DIALECT: Dialect = {
  file: ".aptible.yml",
  codes: { type: "APT_TYPE", unknownKey: "APT_UNKNOWN_KEY", duplicateKey: "APT_DUPLICATE_KEY" },
  kindNames: {
    object: "a map",
    list: "a list",
    text: "text",
    number: "a number",
    boolean: "a boolean",
    date: "a date",
    null: "empty",
  },
};

const command: Reader<string> = refine(text, (value, place) => {
  const problem = value.includes("\0") ? "holds NUL" : value.trim() === "" ? "is blank" : undefined;
  if (problem === undefined) return value;
  const message = `${nameOf(place.pointer)} ${problem}.`;
  return reject(place, "APT_COMMAND", { message, hint: "Write the command, or remove the entry." });
});

const commands = list(command);

const file = object({
  before_deploy: about("After the release command and before the rollout; a failure stops the deploy.", commands),
  before_release: about("Old name of `before_deploy`.", commands),
  after_deploy_success: about("After a deploy that serves.", commands),
  after_deploy_failure: about("After a deploy that failed.", commands),
  after_restart_success: about("After a restart.", commands),
  after_restart_failure: about("After a restart that failed.", commands),
  after_configure_success: about("After a config change.", commands),
  after_configure_failure: about("After a config change that failed.", commands),
  after_scale_success: about("After a scaling.", commands),
  after_scale_failure: about("After a scaling that failed.", commands),
});

/** What each key of `.aptible.yml` means, for its manual page. */
export const APTIBLE_SCHEMA = file.schema;

/**
 * Reads `.aptible.yml`: lists of commands by hook; wrong parts are left out, `before_release` becomes `before_deploy`.
 * Never throws. Codes: `APT_…`. Contract §6, platforms.md §6.5.
 */
export function parseAptibleYml(raw: string, name = ".aptible.yml"): Parsed<AptibleHooks> {
  const content = raw.startsWith("\uFEFF") ? raw.slice(1) : raw;
  const found = new FindingList(name);
  const report = reportInto(found, content);
  const document = parseYamlDocument(content);
  if (!document.ok) {
    report({ code: "APT_SYNTAX", path: "", ...document.problem });
    return { value: {}, diagnostics: found.diagnostics() };
  }
  if (document.root === undefined || document.root.kind === "null") return { value: {}, diagnostics: [] };
  const place: Place = { node: document.root, pointer: "", report, dialect: DIALECT };
  const { before_release: old, ...hooks } = file.read(place) ?? {};
  const isBoth = noteOldName(place);
  return {
    value: old === undefined || isBoth ? hooks : { ...hooks, before_deploy: old },
    diagnostics: found.diagnostics(),
  };
}

/** Whether both names are there: one list would be lost, and it may migrate a database. */
function noteOldName(place: Place): boolean {
  const [old, current] = [memberPlace(place, "before_release"), memberPlace(place, "before_deploy")];
  if (old === undefined || place.node.kind !== "object") return false;
  const at = (key: string): number =>
    place.node.kind === "object" ? (place.node.members.findLast((one) => one.key === key)?.offset ?? 0) : 0;
  if (current === undefined) {
    place.report({
      code: "APT_OLD_NAME",
      offset: at("before_release"),
      path: old.pointer,
      message: "`before_release` is the old name of `before_deploy`.",
      hint: "Write `before_deploy`.",
    });
    return false;
  }
  place.report({
    code: "APT_BOTH_NAMES",
    offset: Math.max(at("before_release"), at("before_deploy")),
    otherOffset: Math.min(at("before_release"), at("before_deploy")),
    path: old.pointer,
    message: "Both `before_deploy` and its old name `before_release` are there.",
    hint: "Put all commands under `before_deploy`.",
  });
  return true;
}
