import type { HealthCheck } from "../model/app-contract.ts";
import { commandText } from "./command-text.ts";
import { memberPlace, nameOf, reject, type Place } from "./json-place.ts";
import { about, choice, flag, list, map, object, refine, text, wholeNumber, type Reader } from "./json-reader.ts";
import type { JsonSchema } from "./json-schema.ts";

const KINDS = ["path", "command", "listening", "uptime"] as const;

const words = list(commandText, { isEmptyAllowed: false });

const header: Reader<{ readonly name: string; readonly value: string }> = refine(
  object({ name: about("Name of the header.", text), value: about("Its value.", text) }),
  ({ name, value }, place) => {
    if (name !== undefined && value !== undefined) return { name, value };
    const missing = ["name", "value"].filter((key) => memberPlace(place, key) === undefined);
    if (missing.length === 0) return undefined;
    const message = `${nameOf(place.pointer)} has no \`${missing.join("` and no `")}\`.`;
    return reject(place, "APP_TYPE", { message, hint: 'Write `{"name": "…", "value": "…"}`.' });
  },
  { required: ["name", "value"] },
);

const onFailure = object({
  command: about("Words of a command, run as a one-off of the app.", words),
  url: about("Address that gets a JSON POST.", text),
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

const fields = object({
  type: about(
    "`startup` gates the deploy, `readiness` decides about traffic, `liveness` restarts.",
    choice(["startup", "readiness", "liveness"]),
    { default: DEFAULTS.type },
  ),
  name: about("Name of the check, for people.", text),
  description: about("What it is for.", text),
  path: about("Kind: an HTTP request to this path answers 2xx.", text),
  command: about("Kind: this command, as words, ends with 0 in the instance.", words),
  listening: about("Kind: the port accepts a connection.", flag),
  uptime: about("Kind: the instance has run for so many seconds.", wholeNumber({ min: 0 })),
  attempts: about("Tries before the check has failed.", wholeNumber({ min: 1 }), { default: DEFAULTS.attempts }),
  timeout: about("Seconds for one try.", wholeNumber({ min: 1 }), { default: DEFAULTS.timeout }),
  wait: about("Seconds between two tries.", wholeNumber({ min: 0 }), { default: DEFAULTS.wait }),
  initialDelay: about("Seconds after the start before the first try.", wholeNumber({ min: 0 }), {
    default: DEFAULTS.initialDelay,
  }),
  port: about("Port; the instance's own without it.", wholeNumber({ min: 1, max: 65_535 })),
  scheme: about("Scheme of a `path` check.", choice(["http", "https"]), { default: DEFAULTS.scheme }),
  httpHeaders: about("Headers of a `path` check.", list(header)),
  content: about("Text that the body of a `path` check must hold.", text),
  warn: about("Whether a failure is only reported.", flag, { default: DEFAULTS.warn }),
  onFailure: about("What to tell or run, once, after the last try.", onFailure),
});

/** Exactly one kind; `listening: false` and `uptime: 0` count as absent (D31). */
const ONE_KIND: readonly JsonSchema[] = [
  { required: ["path"] },
  { required: ["command"] },
  { required: ["listening"], properties: { listening: { const: true } } },
  { required: ["uptime"], properties: { uptime: { not: { const: 0 } } } },
];

const check: Reader<HealthCheck> = refine(fields, readCheck, { oneOf: ONE_KIND });

function readCheck(declared: NonNullable<ReturnType<typeof fields.read>>, place: Place): HealthCheck | undefined {
  if (memberPlace(place, "type") === undefined) {
    const message = (): string => `${nameOf(place.pointer)} has no \`type\`; it is taken as \`startup\`.`;
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
}

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
  const message = (): string =>
    `${nameOf(place.pointer)} ${found}; a check has exactly one of \`path\`, \`command\`, \`listening\` and \`uptime\`.`;
  reject(place, "APP_CHECK_KIND", {
    message,
    hint: given.length === 0 ? "Add one of them." : "Make a check of its own for each.",
  });
  return false;
}

/** `healthchecks`, by process type, defaults filled in. Contract §8, D19, D31. */
export const healthchecks: Reader<Readonly<Record<string, readonly HealthCheck[]>>> = map(list(check));
