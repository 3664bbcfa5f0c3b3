import type { FormationDeclaration } from "../model/app-contract.ts";
import { autoscaling } from "./app-json-autoscaling.ts";
import { memberPlace, nameOf, reject, wrongType } from "./json-place.ts";
import { byKind, flag, map, object, refine, text, wholeNumber, type KeyPlace, type Reader } from "./json-reader.ts";
import { shownText } from "./shown-text.ts";

const MEMORY = /^0*[1-9][0-9]*(?:[KMG]i?)$/;

const cores: Reader<number> = (place) => {
  if (place.node.kind !== "number" || !Number.isFinite(place.node.value)) return wrongType(place, "a number of cores");
  if (place.node.value > 0) return place.node.value;
  const message = `${nameOf(place.pointer)} is ${place.node.value}, but must be more than 0.`;
  return reject(place, "APP_TYPE", { message, hint: "Write a number of cores, such as 0.5." });
};

const memory: Reader<string> = refine(text, (value, place) => {
  if (MEMORY.test(value)) return value;
  const message = `${nameOf(place.pointer)} is \`${shownText(value)}\`, but must be a size with a unit.`;
  return reject(place, "APP_TYPE", { message, hint: "Write it like `512M`; the units are K, M, G, Ki, Mi and Gi." });
});

const service = byKind<{ readonly exposed: boolean }>(
  {
    boolean: refine(flag, (exposed) => ({ exposed })),
    object: refine(object({ exposed: flag }), (declared) => ({ exposed: declared.exposed ?? false })),
  },
  "`true` or an object",
);

const processType: Reader<FormationDeclaration> = object({
  quantity: wholeNumber({ min: 0, code: "APP_FORMATION_RANGE" }),
  size: text,
  max_parallel: wholeNumber({ min: 1, code: "APP_FORMATION_RANGE" }),
  stop_timeout: wholeNumber({ min: 0, code: "APP_FORMATION_RANGE" }),
  service,
  resources: object({ cpu: cores, memory }),
  autoscaling,
});

/**
 * `formation`, by process type. `procfile` are the Procfile's types; without it any type may be named.
 * Contract §5, D22–D26.
 */
export function formation(
  procfile: readonly string[] | undefined,
): Reader<Readonly<Record<string, FormationDeclaration>>> {
  return map(processType, (key, declared) => isRunnable(key, declared?.quantity ?? 0, procfile));
}

function isRunnable(
  { key, offset, inner }: KeyPlace,
  quantity: number,
  procfile: readonly string[] | undefined,
): boolean {
  if (quantity < 1) return true;
  if (key === "release") {
    const message = `\`release\` is asked for ${quantity} times, but the release command is never scaled.`;
    reject(memberPlace(inner, "quantity") ?? inner, "APP_FORMATION_RANGE", { message, hint: "Remove it, or write 0." });
    return false;
  }
  if (procfile === undefined || procfile.includes(key)) return true;
  const types = procfile.length === 0 ? "no entry" : procfile.map((name) => `\`${name}\``).join(", ");
  const message = `app.json asks for ${quantity} \`${shownText(key)}\`, but the Procfile has ${types}.`;
  inner.report({
    code: "APP_FORMATION_UNKNOWN_TYPE",
    offset,
    path: inner.pointer,
    message,
    hint: "Add the type to the Procfile, or correct its name here.",
  });
  return false;
}
