import type { AppJson } from "../model/app-contract.ts";
import { memberPlace, nameOf, reject } from "./json-place.ts";
import { anything, byKind, list, map, object, refine, text, type Reader } from "./json-reader.ts";

type Addon = NonNullable<AppJson["addons"]>[number];

const HINT = "Write `service` or `service:plan`.";

const plan: Reader<string> = refine(text, (value, place) =>
  value.trim() === ""
    ? reject(place, "APP_TYPE", { message: `${nameOf(place.pointer)} is blank.`, hint: HINT })
    : value,
);

const longForm: Reader<Addon> = refine(object({ plan, as: text, options: map(anything) }), (declared, place) => {
  if (declared.plan !== undefined) return { ...declared, plan: declared.plan };
  if (memberPlace(place, "plan") !== undefined) return undefined;
  return reject(place, "APP_TYPE", {
    message: `${nameOf(place.pointer)} has no \`plan\`.`,
    hint: `Add a \`plan\`. ${HINT}`,
  });
});

/** `addons[]`: `service[:plan]` or `{plan, as, options}`. Contract §9, D33. */
export const addons: Reader<readonly Addon[]> = list(
  byKind<Addon>({ text: refine(plan, (value) => ({ plan: value })), object: longForm }, "text or an object"),
);
