import type { HealthCheck } from "../model/app-contract.ts";
import { commandText } from "./command-text.ts";
import { memberPlace, nameOf, reject, type Place } from "./json-place.ts";
import { choice, flag, list, map, object, refine, text, wholeNumber, type Reader } from "./json-reader.ts";

const KINDS = ["path", "command", "listening", "uptime"] as const;

const words = list(commandText, { isEmptyAllowed: false });

const header: Reader<{ readonly name: string; readonly value: string }> = refine(
  object({ name: text, value: text }),
  ({ name, value }, place) => {
    if (name !== undefined && value !== undefined) return { name, value };
    const missing = ["name", "value"].filter((key) => memberPlace(place, key) === undefined);
    if (missing.length === 0) return undefined;
    const message = `${nameOf(place.pointer)} has no \`${missing.join("` and no `")}\`.`;
    return reject(place, "APP_TYPE", { message, hint: 'Write `{"name": "…", "value": "…"}`.' });
  },
);

const fields = object({
  type: choice(["startup", "readiness", "liveness"]),
  name: text,
  description: text,
  path: text,
  command: words,
  listening: flag,
  uptime: wholeNumber({ min: 0 }),
  attempts: wholeNumber({ min: 1 }),
  timeout: wholeNumber({ min: 1 }),
  wait: wholeNumber({ min: 0 }),
  initialDelay: wholeNumber({ min: 0 }),
  port: wholeNumber({ min: 1, max: 65_535 }),
  scheme: choice(["http", "https"]),
  httpHeaders: list(header),
  content: text,
  warn: flag,
  onFailure: object({ command: words, url: text }),
});

const DEFAULTS = {
  type: "startup",
  attempts: 3,
  timeout: 5,
  wait: 5,
  initialDelay: 0,
  scheme: "http",
  warn: false,
} as const;

const check: Reader<HealthCheck> = refine(fields, (declared, place) => {
  if (memberPlace(place, "type") === undefined) {
    const message = `${nameOf(place.pointer)} has no \`type\`; it is taken as \`startup\`.`;
    reject(place, "APP_CHECK_TYPE_MISSING", {
      message,
      hint: 'Add `"type": "startup"`, as other platforms ignore a check without it.',
    });
  }
  if (!hasOneKind(place)) return undefined;
  const { listening, uptime, ...rest } = declared;
  return {
    ...DEFAULTS,
    ...rest,
    ...(listening === true ? { listening } : {}),
    ...(uptime === undefined || uptime === 0 ? {} : { uptime }),
  };
});

/** Exactly one kind; `listening: false` and `uptime: 0` count as absent (D31). */
function hasOneKind(place: Place): boolean {
  const given = KINDS.filter((kind) => {
    const node = memberPlace(place, kind)?.node;
    if (node === undefined) return false;
    if (kind === "listening") return !(node.kind === "boolean" && !node.value);
    return !(kind === "uptime" && node.kind === "number" && node.value === 0);
  });
  if (given.length === 1) return true;
  const found =
    given.length === 0 ? "says not what to check" : `has ${given.map((kind) => `\`${kind}\``).join(" and ")}`;
  const message = `${nameOf(place.pointer)} ${found}; a check has exactly one of \`path\`, \`command\`, \`listening\` and \`uptime\`.`;
  reject(place, "APP_CHECK_KIND", {
    message,
    hint: given.length === 0 ? "Add one of them." : "Make a check of its own for each.",
  });
  return false;
}

/** `healthchecks`, by process type, defaults filled in. Contract §8, D19, D31. */
export const healthchecks: Reader<Readonly<Record<string, readonly HealthCheck[]>>> = map(list(check));
