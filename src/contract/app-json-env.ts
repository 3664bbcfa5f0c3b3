import type { EnvDeclaration } from "../model/app-contract.ts";
import { reject, nameOf } from "./json-place.ts";
import { byKind, choice, flag, map, object, refine, text, type KeyPlace, type Reader } from "./json-reader.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RESERVED = /^(?:PORT|DYNO|SOURCE_VERSION|PORTSIDE_.*)$/;
const VALUE_BYTES_MAX = 65_536;

/** A value that a process can be given. Contract §4, D19. Its text is never shown. */
const configValue: Reader<string> = refine(text, (value, place) => {
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
});

const shortForm: Reader<EnvDeclaration> = refine(configValue, (value) => ({ value, required: true, sync: false }));

const longForm: Reader<EnvDeclaration> = refine(
  object({
    description: text,
    value: configValue,
    required: flag,
    generator: choice(["secret"], "APP_ENV_GENERATOR"),
    sync: flag,
  }),
  (declared) => ({ required: true, sync: false, ...declared }),
);

/** `env`: a text, or `{description, value, required=true, generator: "secret", sync=false}`. Contract §3, §4, D20, D21. */
export const env: Reader<Readonly<Record<string, EnvDeclaration>>> = map(
  byKind<EnvDeclaration>({ text: shortForm, object: longForm }, "text or an object"),
  isConfigName,
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
