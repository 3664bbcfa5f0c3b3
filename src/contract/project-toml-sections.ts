import type { ProjectBuildpack, ProjectDescription } from "../model/app-contract.ts";
import { memberPlace, nameOf, reject, type Dialect, type Place } from "./json-place.ts";
import { anything, list, map, object, refine, text, type Reader } from "./json-reader.ts";

/** How findings in project.toml are called. */
export const PROJECT_TOML_DIALECT: Dialect = {
  file: "project.toml",
  codes: { type: "PROJ_TYPE", unknownKey: "PROJ_UNKNOWN_KEY", duplicateKey: "PROJ_DUPLICATE" },
  kindNames: {
    object: "a table",
    list: "a list",
    text: "text",
    number: "a number",
    boolean: "a boolean",
    date: "a date",
    null: "nothing",
  },
};

const BUILDER_ORDER = "from=builder";
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const license = refine(object({ type: text, uri: text }), (declared, place) =>
  declared.type === undefined && declared.uri === undefined
    ? reject(place, "PROJ_LICENSE", {
        message: `${nameOf(place.pointer)} has neither \`type\` nor \`uri\`.`,
        hint: 'Write `type = "MIT"`, or the `uri` of its text.',
      })
    : declared,
);

const descriptionFields = {
  id: text,
  name: text,
  version: text,
  authors: list(text),
  "documentation-url": text,
  "source-url": text,
  licenses: list(license),
};

const toDescription = (declared: {
  readonly [K in keyof typeof descriptionFields]?: (typeof descriptionFields)[K] extends Reader<infer T> ? T : never;
}): ProjectDescription => {
  const { "documentation-url": documentationUrl, "source-url": sourceUrl, ...rest } = declared;
  return {
    ...rest,
    ...(documentationUrl === undefined ? {} : { documentationUrl }),
    ...(sourceUrl === undefined ? {} : { sourceUrl }),
  };
};

/** `[project]` of schema 0.1. */
export const projectTable: Reader<ProjectDescription> = refine(object(descriptionFields), toDescription);

/** `[_]` of schema 0.2; the version in it is read before anything else. */
export const underscoreTable: Reader<ProjectDescription> = refine(
  object({ "schema-version": anything, ...descriptionFields, metadata: map(anything) }),
  ({ "schema-version": _version, metadata, ...declared }) => ({
    ...toDescription(declared),
    ...(metadata === undefined ? {} : { metadata }),
  }),
);

const script = refine(object({ api: text, shell: text, inline: text }), ({ api, shell, inline }, place) => {
  const missing = (["api", "inline"] as const).filter((key) => memberPlace(place, key) === undefined);
  if (missing.length > 0)
    return rejectBuildpack(
      place,
      `has no \`${missing.join("` and no `")}\``,
      'Write `api = "0.10"` and `inline = "…"`.',
    );
  return api === undefined || inline === undefined ? undefined : { api, shell: shell ?? "/bin/sh", inline };
});

const buildpack: Reader<ProjectBuildpack> = refine(
  object({ id: text, version: text, uri: text, script }),
  (declared, place) => {
    const has = (key: string): boolean => isGiven(place, key);
    if (!has("id") && !has("uri"))
      return rejectBuildpack(place, "has neither `id` nor `uri`", "Add the `id` of the buildpack, or where it lies.");
    if (has("uri") && has("version"))
      return rejectBuildpack(
        place,
        "has a `uri` and a `version`",
        "Remove the version; the `uri` alone says which one.",
      );
    if (has("uri") && has("script")) return rejectBuildpack(place, "has a `uri` and a script", "Keep one of the two.");
    // What was reported as wrong would leave half a buildpack.
    const isLost = (key: "id" | "uri" | "script"): boolean => declared[key] === undefined && has(key);
    if (isLost("id") || isLost("uri") || isLost("script")) return undefined;
    return declared.script === undefined ? declared : { version: "0.0.0", ...declared };
  },
);

/** A blank text counts as absent. */
function isGiven(place: Place, key: string): boolean {
  const node = memberPlace(place, key)?.node;
  return node !== undefined && !(node.kind === "text" && node.value.trim() === "");
}

function rejectBuildpack(place: Place, what: string, hint: string): undefined {
  return reject(place, "PROJ_BUILDPACK", { message: `${nameOf(place.pointer)} ${what}.`, hint });
}

/** A group of buildpacks in order; the builder's order is inserted once. */
export const group: Reader<readonly ProjectBuildpack[]> = refine(list(buildpack), (declared, place) => {
  const nodes = place.node.kind === "list" ? place.node.items : [];
  const isOrder = (index: number): boolean => {
    const node = nodes[index];
    const uri = node === undefined ? undefined : memberPlace({ ...place, node }, "uri")?.node;
    return uri?.kind === "text" && uri.value === BUILDER_ORDER;
  };
  const [first, ...later] = [...nodes.keys()].filter(isOrder);
  for (const index of later) {
    const path = `${place.pointer}/${index}`;
    place.report({
      code: "PROJ_DUPLICATE",
      offset: nodes[index]?.offset ?? place.node.offset,
      otherOffset: nodes[first ?? 0]?.offset ?? place.node.offset,
      path,
      message: `${nameOf(path)} names the builder's order a second time; it is inserted once.`,
      hint: "Remove all but one of them.",
    });
  }
  const position = declared.findIndex((one) => one.uri === BUILDER_ORDER);
  return declared.filter((one, index) => one.uri !== BUILDER_ORDER || index === position);
});

const variable = refine(object({ name: text, value: text }), ({ name, value }, place) => {
  const missing = ["name", "value"].filter((key) => memberPlace(place, key) === undefined);
  if (missing.length > 0)
    return reject(place, "PROJ_TYPE", {
      message: `${nameOf(place.pointer)} has no \`${missing.join("` and no `")}\`.`,
      hint: "Give each variable a `name` and a `value`.",
    });
  if (name === undefined || value === undefined) return undefined;
  if (!ENV_NAME.test(name))
    return reject(memberPlace(place, "name") ?? place, "PROJ_ENV_NAME", {
      message: `${nameOf(`${place.pointer}/name`)} cannot be the name of a variable.`,
      hint: "Use letters, digits and `_`, not starting with a digit.",
    });
  if (value.includes("\0"))
    return reject(memberPlace(place, "value") ?? place, "PROJ_TYPE", {
      message: `${nameOf(`${place.pointer}/value`)} holds NUL.`,
      hint: "Remove the NUL character.",
    });
  return { name, value, place };
});

type Variables = readonly { readonly name: string; readonly value: string }[];

/** Build variables, each name once, in the order of first appearance; the last value counts. */
export const variables: Reader<Variables> = refine(list(variable), (declared) => {
  const byName = new Map<string, (typeof declared)[number]>();
  for (const one of declared) {
    const earlier = byName.get(one.name);
    if (earlier !== undefined)
      one.place.report({
        code: "PROJ_DUPLICATE",
        offset: one.place.node.offset,
        otherOffset: earlier.place.node.offset,
        path: one.place.pointer,
        message: `\`${one.name}\` is set again; the last value counts.`,
        hint: "Remove all but one of them.",
      });
    byName.set(one.name, one);
  }
  return [...byName.values()].map(({ name, value }) => ({ name, value }));
});
