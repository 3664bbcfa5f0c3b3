import type { JsonMember, JsonNode } from "../contract/json-document.ts";
import { shownText } from "../contract/shown-text.ts";
import { spotInAppJson } from "./app-json-findings.ts";
import { memberOf, membersOf, textOf } from "./app-json-text.ts";
import { appJsonMember, type AppSource } from "./app-source.ts";
import type { Spot } from "./finding.ts";
import { nameOn } from "./platforms.ts";

/** The keys that every platform's top level knows. */
const TOP_KEYS = [
  "name",
  "description",
  "keywords",
  "website",
  "repository",
  "logo",
  "success_url",
  "stack",
  "image",
  "buildpacks",
  "env",
  "formation",
  "addons",
  "scripts",
  "cron",
  "healthchecks",
  "environments",
];

/** AJ008: process types that a formation leaves out. */
export function findPartialFormation(app: AppSource): readonly Spot[] {
  const formation = appJsonMember(app, "formation");
  const listed = membersOf(formation?.node);
  if (formation === undefined || listed.length === 0) return [];
  const isApplied = listed.some(({ node }) => memberOf(node, "quantity", true) !== undefined);
  if (app.platform === "dokku" && !isApplied) return [];
  const names = new Set(listed.flatMap(({ key }) => [key, nameOn(app.platform, key)]));
  const missing = [...new Set(app.entries.map(({ name }) => name))].filter(
    (name) => name !== "release" && !names.has(name),
  );
  if (missing.length === 0) return [];
  const list = missing.map((name) => `\`${shownText(name)}\``).join(", ");
  const count = app.platform === "dokku" ? "0" : "1, as it does with every type";
  const message = `${app.facts.title} sets ${list} to ${count}.`;
  const hint =
    app.platform === "dokku"
      ? "List every process type with its quantity."
      : "List every type, and scale there by hand.";
  return [spotInAppJson(app, formation.offset, { message, hint })];
}

/** AJ009: formation keys that are no process types. */
export function findUnknownTypes(app: AppSource): readonly Spot[] {
  const known = new Set(app.entries.map(({ name }) => name));
  if (known.size === 0) return [];
  return membersOf(appJsonMember(app, "formation")?.node).flatMap(({ key, offset, node }) => {
    if (known.has(key) || (app.platform === "dokku" && !startsSome(node))) return [];
    const renamed = nameOn(app.platform, key);
    const message = `\`${shownText(key)}\` is no process type of the Procfile at ${app.facts.title}.`;
    const hint = known.has(renamed)
      ? `Write \`${renamed}\`, its name there.`
      : "Write a name that stands in the Procfile, or remove the key.";
    return [spotInAppJson(app, offset, { message, hint })];
  });
}

function startsSome(node: JsonNode): boolean {
  const quantity = memberOf(node, "quantity", true)?.node;
  return quantity?.kind === "number" && quantity.value >= 1;
}

/** AJ015: base values that vanish in review apps. */
export function findHiddenByReview(app: AppSource): readonly Spot[] {
  const root = app.appJson?.root;
  return membersOf(appJsonMember(app, "environments", "review")?.node).flatMap(({ key, offset, node }) => {
    const lost = lostMembers(memberOf(root, key, false)?.node, node);
    if (lost.length === 0) return [];
    const list = lost.map((name) => `\`${shownText(name)}\``).join(", ");
    const message = `In review apps \`${shownText(key)}\` is replaced as a whole: ${list} ${lost.length === 1 ? "is" : "are"} gone.`;
    return [spotInAppJson(app, offset, { message, hint: "Repeat here what review apps need too." })];
  });
}

function lostMembers(base: JsonNode | undefined, review: JsonNode): readonly string[] {
  if (base === undefined) return [];
  const kept = new Set(memberNames(review));
  return [...new Set(memberNames(base))].filter((name) => !kept.has(name));
}

/** The keys of an object; of a list what its items are called, an add-on by its service. */
function memberNames(node: JsonNode): readonly string[] {
  if (node.kind !== "list") return membersOf(node).map(({ key }) => key);
  return node.items.flatMap((item) => {
    const named = textOf(item) ?? textOf((memberOf(item, "plan", false) ?? memberOf(item, "url", false))?.node);
    return named === undefined ? [] : [/^https?:|^git@|^urn:/.test(named) ? named : (named.split(":")[0] ?? "")];
  });
}

/** AJ016: one command in two hooks of every deploy. */
export function findCommandRunTwice(app: AppSource): readonly Spot[] {
  const predeploy = appJsonMember(app, "scripts", "dokku", "predeploy");
  const command = textOf(predeploy?.node) ?? textOf(memberOf(predeploy?.node, "command", true)?.node);
  if (predeploy === undefined || command === undefined || command.trim() === "") return [];
  if (!app.entries.some((entry) => entry.name === "release" && entry.command === command.trim())) return [];
  const message = "The command runs twice on every deploy: here, and as `release` of the Procfile.";
  return [spotInAppJson(app, predeploy.offset, { message, hint: "Keep one of the two." })];
}

/** AJ018: keys that stand there twice, and known keys in another case. */
export function findOddKeys(app: AppSource): readonly Spot[] {
  const root = app.appJson?.root;
  if (root === undefined) return [];
  const repeated = repeatedMembers(root).map(({ key, offset }) =>
    spotInAppJson(app, offset, {
      message: `\`${shownText(key)}\` stands here again; only the last value counts.`,
      hint: "Remove all but one of them.",
    }),
  );
  return app.facts.isKeyCaseFree ? repeated : [...repeated, ...otherCaseKeys(app, root.members)];
}

function otherCaseKeys(app: AppSource, members: readonly JsonMember[]): readonly Spot[] {
  return members.flatMap(({ key, offset }) => {
    const right = TOP_KEYS.find((known) => known === key.toLowerCase());
    if (right === undefined || right === key) return [];
    const message = `${app.facts.title} does not know \`${shownText(key)}\`; \`${right}\` is meant.`;
    return [spotInAppJson(app, offset, { message, hint: `Write \`${right}\`.` })];
  });
}

/** Every later member with a key that its object already has, at any depth. */
function repeatedMembers(node: JsonNode): readonly JsonMember[] {
  if (node.kind === "list") return node.items.flatMap(repeatedMembers);
  if (node.kind !== "object") return [];
  const seen = new Set<string>();
  return node.members.flatMap((member) => {
    const isRepeated = seen.has(member.key);
    seen.add(member.key);
    return [...(isRepeated ? [member] : []), ...repeatedMembers(member.node)];
  });
}
