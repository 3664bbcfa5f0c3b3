import { memberPlace, nameOf, reject } from "./json-place.ts";
import { about, list, object, refine, text, type Reader } from "./json-reader.ts";
import { shownText } from "./shown-text.ts";

/** The forms of D27; schemes in any case, without flags, so that the schema can say the same. */
const FORMS: readonly RegExp[] = [
  /^(?:[Hh][Tt][Tt][Pp][Ss]?|[Gg][Ii][Tt]|[Ss][Ss][Hh]):\/\/[^\s/]\S*$/,
  /^git@[^\s:]+:\S+$/,
  /^urn:cnb:\S+$/,
  // oxlint-disable-next-line no-control-regex -- NUL cannot stand in a path
  /^\.\.?\/[^\u0000]*$/,
  /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*(?:@[\w.+-]+)?$/,
];

const HINT = "Write `owner/name`, a URL, `urn:cnb:…`, or a path that starts with `./`.";

/** Whether a text has one of the forms of D27. */
export function isBuildpackReference(text: string): boolean {
  return FORMS.some((form) => form.test(text));
}

const url: Reader<string> = refine(
  text,
  (value, place) => {
    if (isBuildpackReference(value)) return value;
    const message = `${nameOf(place.pointer)} is \`${shownText(value)}\`, which names no buildpack.`;
    return reject(place, "APP_BUILDPACK", { message, hint: HINT });
  },
  { anyOf: FORMS.map((form) => ({ pattern: form.source })) },
);

const fields = object({
  url: about("`owner/name[@version]`, an http(s), git or ssh URL, `urn:cnb:…`, or a path from `./` or `../`.", url),
});

const buildpack: Reader<{ readonly url: string }> = refine(
  fields,
  (declared, place) => {
    if (declared.url !== undefined) return { url: declared.url };
    if (memberPlace(place, "url") !== undefined) return undefined;
    return reject(place, "APP_BUILDPACK", { message: `${nameOf(place.pointer)} has no \`url\`.`, hint: HINT });
  },
  { required: ["url"] },
);

/** `buildpacks[].url`, in order. Contract §3, D27. */
export const buildpacks: Reader<readonly { readonly url: string }[]> = list(buildpack);
