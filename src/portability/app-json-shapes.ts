import type { JsonNode } from "../contract/json-document.ts";
import { shownText } from "../contract/shown-text.ts";
import { spotInAppJson } from "./app-json-findings.ts";
import { itemsOf, memberOf, membersOf } from "./app-json-text.ts";
import { appJsonMember, type AppSource } from "./app-source.ts";
import type { Spot } from "./finding.ts";

/** A value of a shape that the platform refuses, by the offset of its key. */
type WrongShape = { readonly offset: number; readonly path: string; readonly must: string; readonly hint: string };

/** AJ005: shapes the platform refuses. */
export function findRefusedShapes(app: AppSource): readonly Spot[] {
  const isSchemaChecked = app.platform !== "apppack";
  const found = [
    ...(isSchemaChecked ? [...envShapes(app), ...formationShapes(app)] : []),
    // Fir does not read `buildpacks` of app.json.
    ...(app.platform === "heroku-cnb" ? [] : buildpackShapes(app)),
  ];
  return found.map(({ offset, path, must, hint }) =>
    spotInAppJson(app, offset, { message: `\`${path}\` must be ${must} at ${app.facts.title}.`, hint }),
  );
}

function envShapes(app: AppSource): readonly WrongShape[] {
  return membersOf(appJsonMember(app, "env")?.node).flatMap(({ key, offset, node }) => {
    const path = `env.${shownText(key)}`;
    const text = { must: "text", hint: "Put the value in double quotes." };
    if (node.kind === "text" || isAcceptedNull(app, node)) return [];
    if (node.kind !== "object") return [{ offset, path, ...text }];
    const value = memberOf(node, "value", app.facts.isKeyCaseFree);
    const required = memberOf(node, "required", app.facts.isKeyCaseFree);
    const shapes: WrongShape[] = [];
    if (value !== undefined && value.node.kind !== "text" && !isAcceptedNull(app, value.node))
      shapes.push({ offset: value.offset, path: `${path}.value`, ...text });
    if (required !== undefined && required.node.kind !== "boolean" && !isAcceptedNull(app, required.node))
      shapes.push({
        offset: required.offset,
        path: `${path}.required`,
        must: "`true` or `false`",
        hint: "Leave the quotes out.",
      });
    return shapes;
  });
}

/** Dokku's parser takes `null` for an absent value. */
function isAcceptedNull(app: AppSource, node: JsonNode): boolean {
  return app.platform === "dokku" && node.kind === "null";
}

function formationShapes(app: AppSource): readonly WrongShape[] {
  const formation = appJsonMember(app, "formation");
  if (formation === undefined || isAcceptedNull(app, formation.node)) return [];
  if (formation.node.kind !== "object")
    return [
      { offset: formation.offset, path: "formation", must: "an object", hint: 'Write `{"web": {"quantity": 1}}`.' },
    ];
  return membersOf(formation.node).flatMap(({ key, offset, node }) => {
    const path = `formation.${shownText(key)}`;
    if (isAcceptedNull(app, node)) return [];
    if (node.kind !== "object") return [{ offset, path, must: "an object", hint: 'Write `{"quantity": 1}`.' }];
    return [...quantityShapes(app, path, node), ...(app.platform === "dokku" ? dokkuShapes(path, node) : [])];
  });
}

function quantityShapes(app: AppSource, path: string, node: JsonNode): readonly WrongShape[] {
  const quantity = memberOf(node, "quantity", app.facts.isKeyCaseFree);
  if (quantity === undefined || isAcceptedNull(app, quantity.node)) return [];
  const written = (app.appJson?.text ?? "").slice(quantity.node.offset, quantity.node.offset + NUMBER_CHARACTERS_MAX);
  if (quantity.node.kind === "number" && !/^-?\d*[.eE]/.test(written)) return [];
  const hint = quantity.node.kind === "text" ? "Leave the quotes out." : "Write a whole number, as in `1`.";
  return [{ offset: quantity.offset, path: `${path}.quantity`, must: "a whole number", hint }];
}

const NUMBER_CHARACTERS_MAX = 400;

/** What Portside opens and Dokku does not. */
function dokkuShapes(path: string, node: JsonNode): readonly WrongShape[] {
  const service = memberOf(node, "service", true);
  const triggers = memberOf(memberOf(node, "autoscaling", true)?.node, "triggers", true);
  const shapes: WrongShape[] = [];
  if (service?.node.kind === "boolean")
    shapes.push({
      offset: service.offset,
      path: `${path}.service`,
      must: "an object",
      hint: 'Write `{"exposed": true}`.',
    });
  if (triggers?.node.kind === "object")
    shapes.push({
      offset: triggers.offset,
      path: `${path}.autoscaling.triggers`,
      must: "a list",
      hint: "Write a list, each trigger with its `name`.",
    });
  return shapes;
}

function buildpackShapes(app: AppSource): readonly WrongShape[] {
  return itemsOf(appJsonMember(app, "buildpacks")?.node).flatMap((item, index) =>
    item.kind === "object"
      ? []
      : [{ offset: item.offset, path: `buildpacks[${index}]`, must: "an object", hint: 'Write `{"url": "…"}`.' }],
  );
}
