import type { EnvDeclaration } from "../model/app-contract.ts";
import { reject, nameOf } from "./json-place.ts";
import { about, byKind, choice, flag, map, object, refine, text, type KeyPlace, type Reader } from "./json-reader.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RESERVED = /^(?:PORT|DYNO|SOURCE_VERSION|PORTSIDE_.*)$/;
const VALUE_BYTES_MAX = 65_536;

/** A value that a process can be given. Contract §4, D19. Its text is never shown. */
const configValue: Reader<string> = refine(
  text,
  (value, place) => {
    const problem = value.includes("\0")
      ? "holds NUL"
      : Buffer.byteLength(value) > VALUE_BYTES_MAX
        ? "is larger than 64 KiB"
        : undefined;
    if (problem === undefined) return value;
    return reject(place, "APP_TYPE", {
      message: `${nameOf(place.pointer)} ${problem}.`,
      hint: "Give it text without NUL, at most 64 KiB.",
    });
  },
  // A schema counts characters; no text of more characters has fewer bytes.
  { pattern: "^[^\\u0000]*$", maxLength: VALUE_BYTES_MAX },
);

const shortForm: Reader<EnvDeclaration> = refine(configValue, (value) => ({ value, required: true, sync: false }));

const longForm: Reader<EnvDeclaration> = refine(
  object({
    description: about("What it is for; shown when somebody is asked for it.", text),
    value: about("Its value where nobody has set one.", configValue),
    required: about("Whether a deploy without a value stops before the build.", flag, { default: true }),
    generator: about("`secret`: 64 random hexadecimal digits, made once.", choice(["secret"], "APP_ENV_GENERATOR")),
    sync: about("Whether every deploy sets `value` again.", flag, { default: false }),
  }),
  (declared) => ({ required: true, sync: false, ...declared }),
);

/** `env`: a text, or `{description, value, required=true, generator: "secret", sync=false}`. Contract §3, §4, D20, D21. */
export const env: Reader<Readonly<Record<string, EnvDeclaration>>> = map(
  byKind<EnvDeclaration>({ text: shortForm, object: longForm }, "text or an object"),
  { check: isConfigName, schema: { propertyNames: { pattern: NAME.source, not: { pattern: RESERVED.source } } } },
);

function isConfigName({ key, offset, inner }: KeyPlace): boolean {
  const report = (code: "APP_ENV_NAME" | "APP_ENV_RESERVED", message: string, hint: string): boolean => {
    inner.report({ code, offset, path: inner.pointer, message, hint });
    return false;
  };
  if (!NAME.test(key)) {
    return report(
      "APP_ENV_NAME",
      `${nameOf(inner.pointer)} cannot be a config variable.`,
      "Use letters, digits and `_`, not starting with a digit.",
    );
  }
  if (!RESERVED.test(key)) return true;
  return report(
    "APP_ENV_RESERVED",
    `${nameOf(inner.pointer)} cannot be set; the platform sets it.`,
    "Remove it, or choose another name.",
  );
}
