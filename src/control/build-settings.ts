import { isBuildpackReference } from "../contract/app-json-buildpacks.ts";
import { visibleExcerpt } from "../lib/visible-text.ts";
import { PortsideError } from "../model/error-registry.ts";

/** Whether it holds a password or a token, which must not be kept or shown. security.md rule 6. */
function hasCredentials(reference: string): boolean {
  const url = URL.parse(reference);
  return url !== null && (url.username !== "" || url.password !== "");
}

/** One group of buildpacks is short; a longer list is a mistake. */
const REFERENCES_MAX = 50;

/**
 * Throws E_BUILDPACK_INVALID unless all can name a buildpack: what app.json may name, a bare id, and an absolute path,
 * which only somebody with a right on the app may. Whether it is there is found at the deploy. Contract §3, D27.
 */
export function checkReferences(references: readonly string[]): void {
  if (references.length > REFERENCES_MAX)
    throw refuse(`and ${references.length - 1} more`, `there are more than ${REFERENCES_MAX}`);
  if (references.some(hasCredentials)) throw refuse("(not shown)", "it holds credentials");
  const wrong = references.find((reference) => !isBuildpackReference(reference) && !isMachinePath(reference));
  if (wrong !== undefined)
    throw refuse(`\`${visibleExcerpt(wrong)}\``, "it is neither an id nor an address nor a path");
}

function isMachinePath(reference: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they cannot stand in a path that somebody meant
  return /^\/[^\u0000-\u001f\u007f]{1,4000}$/.test(reference);
}

function refuse(reference: string, problem: string): PortsideError {
  const advice = "Write `owner/name[@version]`, an https or git address, `urn:cnb:…`, or a path.";
  return new PortsideError("E_BUILDPACK_INVALID", { reference, problem, advice });
}
