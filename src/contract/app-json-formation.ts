import type { FormationDeclaration } from "../model/app-contract.ts";
import { autoscaling } from "./app-json-autoscaling.ts";
import { memberPlace, nameOf, reject, wrongType } from "./json-place.ts";
import { about, byKind, flag, map, object, refine, text, wholeNumber } from "./json-reader.ts";
import type { KeyPlace, Reader } from "./json-reader.ts";
import type { JsonSchema } from "./json-schema.ts";
import { shownText } from "./shown-text.ts";

const MEMORY = /^0*[1-9][0-9]*(?:[KMG]i?)$/;

const TYPES_SHOWN_MAX = 20;

const cores: Reader<number> = {
  read: (place) => {
    if (place.node.kind !== "number" || !Number.isFinite(place.node.value))
      return wrongType(place, "a number of cores");
    if (place.node.value > 0) return place.node.value;
    const message = `${nameOf(place.pointer)} is ${place.node.value}, but must be more than 0.`;
    return reject(place, "APP_TYPE", { message, hint: "Write a number of cores, such as 0.5." });
  },
  schema: { type: "number", exclusiveMinimum: 0 },
};

const memory: Reader<string> = refine(
  text,
  (value, place) => {
    if (MEMORY.test(value)) return value;
    const message = `${nameOf(place.pointer)} is \`${shownText(value)}\`, but must be a size with a unit.`;
    return reject(place, "APP_TYPE", { message, hint: "Write it like `512M`; the units are K, M, G, Ki, Mi and Gi." });
  },
  { pattern: MEMORY.source },
);

const exposed = about("Whether the app's other processes can reach it under an address of its own.", flag);

const service = byKind<{ readonly exposed: boolean }>(
  {
    boolean: refine(flag, (isExposed) => ({ exposed: isExposed })),
    object: refine(object({ exposed }), (declared) => ({ exposed: declared.exposed ?? false })),
  },
  "`true` or an object",
);

const resources = object({
  cpu: about("Cores, such as 0.5.", cores),
  memory: about("Memory, such as `512M`; an instance over it is killed and restarted.", memory),
});

const atLeast = (min: number): Reader<number> => wholeNumber({ min, code: "APP_FORMATION_RANGE" });

const processType: Reader<FormationDeclaration> = object({
  quantity: about("How many instances; counts when it differs from what the last deploy said.", atLeast(0)),
  size: about("Name of a size with its CPU and memory.", text),
  max_parallel: about("How many instances a deploy replaces at a time; all at once without it.", atLeast(1)),
  stop_timeout: about("Seconds between SIGTERM and SIGKILL; 30 without it.", atLeast(0)),
  service: about("`true`, or an object: a type other than `web` with a port and an address of its own.", service),
  resources: about("Limits of each instance.", resources),
  autoscaling: about("Grows and shrinks the number of instances by what is measured.", autoscaling),
});

const NEVER_SCALED: JsonSchema = { type: "object", properties: { quantity: { type: "integer", maximum: 0 } } };

/**
 * `formation`, by process type. `procfile` are the Procfile's types; without it any type may be named.
 * Contract §5, D22–D26.
 */
export function formation(
  procfile: readonly string[] | undefined,
): Reader<Readonly<Record<string, FormationDeclaration>>> {
  const known = procfile === undefined ? undefined : { types: new Set(procfile), shown: shownTypes(procfile) };
  return map(processType, {
    check: (key, declared) => isRunnable(key, declared?.quantity ?? 0, known),
    schema: { allOf: [{ properties: { release: NEVER_SCALED } }] },
  });
}

function isRunnable(
  { key, offset, inner }: KeyPlace,
  quantity: number,
  procfile: { readonly types: ReadonlySet<string>; readonly shown: string } | undefined,
): boolean {
  if (quantity < 1) return true;
  if (key === "release") {
    const message = `\`release\` is asked for ${quantity} times, but the release command is never scaled.`;
    reject(memberPlace(inner, "quantity") ?? inner, "APP_FORMATION_RANGE", { message, hint: "Remove it, or write 0." });
    return false;
  }
  if (procfile === undefined || procfile.types.has(key)) return true;
  const message = `app.json asks for ${quantity} \`${shownText(key)}\`, but the Procfile has ${procfile.shown}.`;
  inner.report({
    code: "APP_FORMATION_UNKNOWN_TYPE",
    offset,
    path: inner.pointer,
    message,
    hint: "Add the type to the Procfile, or correct its name here.",
  });
  return false;
}

function shownTypes(procfile: readonly string[]): string {
  if (procfile.length === 0) return "no entry";
  const names = procfile.slice(0, TYPES_SHOWN_MAX).map((name) => `\`${name}\``);
  return procfile.length > names.length
    ? `${names.join(", ")} and ${procfile.length - names.length} more`
    : names.join(", ");
}
