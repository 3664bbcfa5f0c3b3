import type { AutoscalingDeclaration } from "../model/app-contract.ts";
import { memberPlace, nameOf, reject } from "./json-place.ts";
import { about, byKind, choice, list, map, object, refine, text, wholeNumber, type Reader } from "./json-reader.ts";

type Trigger = AutoscalingDeclaration["triggers"][number];

const TYPES = ["cpu", "memory", "http", "cron", "postgresql", "redis", "prometheus", "metrics-api"] as const;

const triggerFields = object({
  name: about("Its name; in the map form the key is the name.", text),
  type: about("What is measured.", choice(TYPES)),
  metadata: about("Settings of the type, all as text, under KEDA's names.", map(text), { default: {} }),
});

const trigger: Reader<Trigger> = refine(
  triggerFields,
  (declared, place) => {
    const { type, metadata = {} } = declared;
    if (type !== undefined) return { ...declared, type, metadata };
    if (memberPlace(place, "type") !== undefined) return undefined;
    return reject(place, "APP_TYPE", {
      message: `${nameOf(place.pointer)} has no \`type\`.`,
      hint: "Add a type such as `cpu` or `http`.",
    });
  },
  { required: ["type"] },
);

/** In the map form the key is the name (D26). */
const triggerMap: Reader<readonly Trigger[]> = refine(map(trigger), (byName) =>
  Object.entries(byName).map(([name, declared]) => ({ ...declared, name })),
);

const atLeast = (min: number): Reader<number> => wholeNumber({ min, code: "APP_FORMATION_RANGE" });
const triggers = byKind<readonly Trigger[]>({ list: list(trigger), object: triggerMap }, "a list or an object");

const fields = object({
  min_quantity: about("Fewest instances.", atLeast(0)),
  max_quantity: about("Most instances, not fewer than `min_quantity`.", atLeast(1)),
  polling_interval_seconds: about("Seconds between two measurements.", atLeast(1), { default: 30 }),
  cooldown_period_seconds: about("Seconds of quiet before instances are taken away.", atLeast(0), { default: 300 }),
  triggers: about("What to measure: a list, or an object with names as keys.", triggers, { default: [] }),
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
