import type { AutoscalingDeclaration } from "../model/app-contract.ts";
import { memberPlace, nameOf, reject } from "./json-place.ts";
import { byKind, choice, list, map, object, refine, text, wholeNumber, type Reader } from "./json-reader.ts";

type Trigger = AutoscalingDeclaration["triggers"][number];

const triggerFields = object({
  name: text,
  type: choice(["cpu", "memory", "http", "cron", "postgresql", "redis", "prometheus", "metrics-api"]),
  metadata: map(text),
});

const trigger: Reader<Trigger> = refine(triggerFields, (declared, place) => {
  const { type, metadata = {} } = declared;
  if (type !== undefined) return { ...declared, type, metadata };
  if (memberPlace(place, "type") !== undefined) return undefined;
  return reject(place, "APP_TYPE", {
    message: `${nameOf(place.pointer)} has no \`type\`.`,
    hint: "Add a type such as `cpu` or `http`.",
  });
});

/** In the map form the key is the name (D26). */
const triggerMap: Reader<readonly Trigger[]> = refine(map(trigger), (byName) =>
  Object.entries(byName).map(([name, declared]) => ({ ...declared, name })),
);

const fields = object({
  min_quantity: wholeNumber({ min: 0, code: "APP_FORMATION_RANGE" }),
  max_quantity: wholeNumber({ min: 1, code: "APP_FORMATION_RANGE" }),
  polling_interval_seconds: wholeNumber({ min: 1, code: "APP_FORMATION_RANGE" }),
  cooldown_period_seconds: wholeNumber({ min: 0, code: "APP_FORMATION_RANGE" }),
  triggers: byKind<readonly Trigger[]>({ list: list(trigger), object: triggerMap }, "a list or an object"),
});

/** `autoscaling`, with its defaults: polling every 30 s, cooling down for 300 s. Contract §5, D24, D26. */
export const autoscaling: Reader<AutoscalingDeclaration> = refine(fields, (declared, place) => {
  const { min_quantity: min, max_quantity: max } = declared;
  if (min !== undefined && max !== undefined && max < min) {
    const message = `\`max_quantity\` is ${max}, but \`min_quantity\` is ${min}.`;
    return reject(memberPlace(place, "max_quantity") ?? place, "APP_FORMATION_RANGE", {
      message,
      hint: "Raise `max_quantity`, or lower `min_quantity`.",
    });
  }
  return { polling_interval_seconds: 30, cooldown_period_seconds: 300, triggers: [], ...declared };
});
