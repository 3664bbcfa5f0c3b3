import type { AppJson } from "../model/app-contract.ts";
import { memberPlace, nameOf, reject } from "./json-place.ts";
import { about, anything, byKind, list, map, object, refine, text, type Reader } from "./json-reader.ts";

type Addon = NonNullable<AppJson["addons"]>[number];

const HINT = "Write `service` or `service:plan`.";

const plan: Reader<string> = refine(
  text,
  (value, place) =>
    value.trim() === ""
      ? reject(place, "APP_TYPE", { message: `${nameOf(place.pointer)} is blank.`, hint: HINT })
      : value,
  { pattern: "\\S" },
);

const fields = object({
  plan: about("`service` or `service:plan`.", plan),
  as: about("Prefix of the config variables it sets.", text),
  options: about("What the service's provider understands.", map(anything)),
});

const longForm: Reader<Addon> = refine(
  fields,
  (declared, place) => {
    if (declared.plan !== undefined) return { ...declared, plan: declared.plan };
    if (memberPlace(place, "plan") !== undefined) return undefined;
    return reject(place, "APP_TYPE", {
      message: `${nameOf(place.pointer)} has no \`plan\`.`,
      hint: `Add a \`plan\`. ${HINT}`,
    });
  },
  { required: ["plan"] },
);

/** `addons[]`: `service[:plan]` or `{plan, as, options}`. Contract §9, D33. */
export const addons: Reader<readonly Addon[]> = list(
  byKind<Addon>({ text: refine(plan, (value) => ({ plan: value })), object: longForm }, "text or an object"),
);
