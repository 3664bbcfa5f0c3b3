import type { JsonMember, JsonNode } from "../contract/json-document.ts";
import { shownText } from "../contract/shown-text.ts";
import { itemsOf, memberOf, membersOf, textOf } from "./app-json-text.ts";
import { appJsonMember, type AppSource } from "./app-source.ts";
import { findCronLimits } from "./cron-limits.ts";
import type { Spot } from "./finding.ts";

/** The file all of these are about. */
export const APP_JSON = "app.json";

type Words = { readonly message: string; readonly hint: string };

/** A place in app.json, by the offset of a key or value. */
export function spotInAppJson(app: AppSource, offset: number, words: Words): Spot {
  const { line, column } = app.appJson?.positionOf(offset) ?? { line: 1, column: 1 };
  return { file: APP_JSON, line, column, ...words };
}

/** AJ001: what strict JSON does not allow. */
export function findLooseJson(app: AppSource): readonly Spot[] {
  const problem = app.platform === "dokku" ? app.appJson?.syntaxProblem : app.appJson?.strictProblem;
  if (problem === undefined) return [];
  const message = `${problem.message.slice(0, -1)}; ${app.facts.title} cannot read app.json.`;
  return [spotInAppJson(app, problem.offset, { message, hint: problem.hint })];
}

/** AJ002: scripts that only Dokku knows. */
export function findDokkuScripts(app: AppSource): readonly Spot[] {
  const dokku = appJsonMember(app, "scripts", "dokku");
  if (dokku === undefined || dokku.node.kind === "text") return [];
  const message = "AppPack cannot read an object in `scripts`; the build fails.";
  const hint = "Move the work into `release` of the Procfile, or into a script that the build runs.";
  return [spotInAppJson(app, dokku.offset, { message, hint })];
}

/** AJ003: scripts given as objects. */
export function findObjectScripts(app: AppSource): readonly Spot[] {
  return scriptsReadAsText(app)
    .filter(({ node }) => node.kind === "object")
    .map(({ key, offset, node }) => {
      const command = textOf(memberOf(node, "command", app.facts.isKeyCaseFree)?.node);
      const hint = command === undefined ? "Give the command as text." : `Write \`"${shownText(command)}"\`.`;
      return spotInAppJson(app, offset, {
        message: `\`${shownText(key)}\` must be text at ${app.facts.title}, not an object.`,
        hint,
      });
    });
}

function scriptsReadAsText(app: AppSource): readonly JsonMember[] {
  const scripts = membersOf(appJsonMember(app, "scripts")?.node);
  if (app.platform === "dokku") {
    const own = membersOf(appJsonMember(app, "scripts", "dokku")?.node);
    return [...scripts.filter(({ key }) => key.toLowerCase() === "postdeploy"), ...own];
  }
  const perEnvironment = membersOf(appJsonMember(app, "environments")?.node).flatMap(({ node }) =>
    membersOf(memberOf(node, "scripts", true)?.node),
  );
  return [...scripts.filter(({ key }) => key.toLowerCase() !== "dokku"), ...perEnvironment];
}

/** AJ004: environments whose values are no plain text. */
export function findEnvironmentObjects(app: AppSource): readonly Spot[] {
  return membersOf(appJsonMember(app, "environments")?.node).flatMap(({ key, node }) => {
    const env = membersOf(memberOf(node, "env", true)?.node).filter((member) => member.node.kind !== "text");
    const addons = itemsOf(memberOf(node, "addons", true)?.node).filter((item) => item.kind === "object");
    const message = `AppPack fails on what is no text in \`environments.${shownText(key)}\`.`;
    return [
      ...env.map(({ offset }) => spotInAppJson(app, offset, { message, hint: "Give the value as text." })),
      ...addons.map(({ offset }) => spotInAppJson(app, offset, { message, hint: "Give the add-on as text." })),
    ];
  });
}

/** AJ006: names that the platform keeps for itself, or that are no variable names. */
export function findReservedNames(app: AppSource): readonly Spot[] {
  return membersOf(appJsonMember(app, "env")?.node).flatMap(({ key, offset }) => {
    const prefix = app.facts.reservedPrefixes.find((reserved) => key.startsWith(reserved));
    const isName = /^[A-Za-z_][A-Za-z0-9_]*$/.test(key);
    if (prefix === undefined && isName) return [];
    const problem =
      prefix === undefined ? "is no name of a variable" : `is reserved at ${app.facts.title} (\`${prefix}…\`)`;
    const hint = "Choose another name: letters, digits and `_`.";
    return [spotInAppJson(app, offset, { message: `\`${shownText(key)}\` ${problem}.`, hint })];
  });
}

/** AJ007: variables that the first deploy asks for. */
export function findMissingValues(app: AppSource): readonly Spot[] {
  return membersOf(appJsonMember(app, "env")?.node)
    .filter(({ node }) => isAskedFor(app, node))
    .map(({ key, offset }) => {
      const name = shownText(key);
      const message = `The first deploy fails at ${app.facts.title} until \`${name}\` is set.`;
      const hint = `Set \`${name}\` before, or give it a \`value\`, \`"generator": "secret"\` or \`"required": false\`.`;
      return spotInAppJson(app, offset, { message, hint });
    });
}

function isAskedFor(app: AppSource, node: JsonNode): boolean {
  const isEmptyNothing = app.platform === "dokku";
  if (node.kind === "text") return isEmptyNothing && node.value === "";
  if (node.kind === "null") return isEmptyNothing;
  if (node.kind !== "object") return false;
  const [value, required, generator] = ["value", "required", "generator"].map(
    (key) => memberOf(node, key, app.facts.isKeyCaseFree)?.node,
  );
  if (required !== undefined && (required.kind !== "boolean" || !required.value)) return false;
  if (textOf(generator) === "secret") return false;
  if (value === undefined) return true;
  return isEmptyNothing && (value.kind === "null" || textOf(value) === "");
}

/** AJ011: stacks that AppPack does not know. */
export function findForeignStacks(app: AppSource): readonly Spot[] {
  const stack = appJsonMember(app, "stack");
  const name = textOf(stack?.node) ?? "";
  if (stack === undefined || !/^heroku-\d+$/.test(name) || name === "heroku-22") return [];
  const isRetired = name === "heroku-18" || name === "heroku-20";
  const message = isRetired
    ? `\`${name}\` is retired; AppPack refuses it.`
    : `AppPack takes \`${name}\` for the name of an image.`;
  return [spotInAppJson(app, stack.offset, { message, hint: "Write `heroku/builder:24`, or leave `stack` out." })];
}

/** AJ012: add-ons that nothing provisions. */
export function findUnprovisionedAddons(app: AppSource): readonly Spot[] {
  const addons = appJsonMember(app, "addons");
  const plans = itemsOf(addons?.node).flatMap(
    (item) => textOf(item) ?? textOf(memberOf(item, "plan", true)?.node) ?? [],
  );
  if (addons === undefined || itemsOf(addons.node).length === 0) return [];
  const list = plans.length === 0 ? "them" : plans.map((plan) => `\`${shownText(plan)}\``).join(", ");
  const message = `Nothing provisions the add-ons of app.json at ${app.facts.title}.`;
  return [
    spotInAppJson(app, addons.offset, { message, hint: `Create ${list} yourself, and set the config variables.` }),
  ];
}

/** AJ013: scheduled commands. */
export function findCron(app: AppSource): readonly Spot[] {
  const cron = appJsonMember(app, "cron");
  const entries = itemsOf(cron?.node);
  if (cron === undefined || entries.length === 0) return [];
  if (app.platform !== "dokku") {
    const message = `${app.facts.title} does not read \`cron\`.`;
    return [
      spotInAppJson(app, cron.offset, { message, hint: SCHEDULERS[app.platform] ?? "Schedule the commands yourself." }),
    ];
  }
  return entries.flatMap((entry) => {
    const limit = findCronLimits(entry);
    return limit === undefined ? [] : [spotInAppJson(app, entry.offset, limit)];
  });
}

const SCHEDULERS: Readonly<Partial<Record<AppSource["platform"], string>>> = {
  heroku: "Add the commands to the Heroku Scheduler add-on.",
  "heroku-cnb": "Add the commands to the Heroku Scheduler add-on.",
  apppack: "Create each with `apppack scheduled-tasks create`, its schedule in AWS's six fields and UTC.",
  aptible: "Add a process that runs supercronic with a crontab.",
};

/** AJ014: add-ons of the test environment that are passed over. */
export function findIgnoredTestAddons(app: AppSource): readonly Spot[] {
  const addons = itemsOf(appJsonMember(app, "environments", "test", "addons")?.node);
  return addons.flatMap((item) => {
    const plan = textOf(item);
    if (plan === undefined || IN_DYNO.has(plan)) return [];
    const message = `AppPack passes over \`${shownText(plan)}\` without a word.`;
    return [
      spotInAppJson(app, item.offset, {
        message,
        hint: `Write one of ${[...IN_DYNO].map((name) => `\`${name}\``).join(", ")}.`,
      }),
    ];
  });
}

const IN_DYNO = new Set(["heroku-redis:in-dyno", "heroku-postgresql:in-dyno"]);

/** AJ017: a script that runs in review apps only. */
export function findReviewOnlyScript(app: AppSource): readonly Spot[] {
  const script = appJsonMember(app, "scripts", "postdeploy");
  if (script === undefined || (textOf(script.node) ?? "").trim() === "") return [];
  const message = "AppPack runs `scripts.postdeploy` in review apps only.";
  return [spotInAppJson(app, script.offset, { message, hint: "Use `release` of the Procfile for every deploy." })];
}
