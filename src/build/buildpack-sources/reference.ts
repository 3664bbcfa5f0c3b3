import { PortsideError } from "../../model/error-registry.ts";

/** What a reference to a buildpack means, before anything is looked up. Contract §3, D27. */
export type BuildpackReference =
  /** A buildpack's id, or a name users know it by. */
  | { readonly kind: "id"; readonly id: string; readonly version?: string }
  /** The order of the installation's own buildpacks. */
  | { readonly kind: "builderOrder" }
  /** `./…` and `../…`: below the app's source. Absolute: on this machine. */
  | { readonly kind: "path"; readonly path: string }
  /** An archive or a `.cnb` file. */
  | { readonly kind: "download"; readonly url: URL }
  /** `ref`: a branch, a tag or a commit; without it the repository's default branch. */
  | { readonly kind: "git"; readonly url: URL; readonly ref?: string };

const ID = /^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*)*$/;
const VERSION = /^[\w.+-]{1,64}$/;
const ARCHIVE = /\.(?:tgz|tar\.gz|tar|cnb)$/i;
const GIT_REF = /^[A-Za-z0-9][A-Za-z0-9._/+@-]{0,199}$/;
const REFERENCE_CHARACTERS_MAX = 2_048;

const HTTPS_ADVICE =
  "Write its https address, or install it here with `portside buildpacks:install DIR` from a copy you fetched.";

/**
 * Reads a reference. Nothing is looked up: whether an id is known and a path is there is found later.
 * Throws E_BUILDPACK_INVALID for what can be none. Contract §3, D27.
 */
export function parseReference(text: string): BuildpackReference {
  if (text === "" || text.length > REFERENCE_CHARACTERS_MAX || hasControl(text))
    throw invalid(text, "it is no text that can name one");
  if (text === "from=builder" || text === "urn:cnb:builder") return { kind: "builderOrder" };
  if (text.startsWith("urn:")) return parseUrn(text);
  if (/^\.\.?\//.test(text) || text.startsWith("/")) return { kind: "path", path: text };
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) return parseAddress(text);
  if (/^[^/\s:]+@[^\s:/]+:/.test(text)) throw invalid(text, "it needs an SSH key, and builds have none", HTTPS_ADVICE);
  return parseId(text, text);
}

function parseUrn(text: string): BuildpackReference {
  const name = /^urn:cnb:(?:(?:registry|builder):)?(.+)$/.exec(text)?.[1];
  if (name === undefined) throw invalid(text, "only `urn:cnb:…` is known");
  return parseId(name, text);
}

function parseId(name: string, text: string): BuildpackReference {
  const at = name.indexOf("@");
  const [id, version] = at === -1 ? [name, undefined] : [name.slice(0, at), name.slice(at + 1)];
  if (!ID.test(id)) throw invalid(text, "it is neither an id nor an address nor a path");
  if (version !== undefined && !VERSION.test(version)) throw invalid(text, "what stands behind `@` is no version");
  return { kind: "id", id, ...(version === undefined || version === "latest" ? {} : { version }) };
}

function parseAddress(text: string): BuildpackReference {
  const url = URL.parse(text);
  if (url === null) throw invalid(text, "it is no valid address");
  if (url.protocol === "ssh:") throw invalid(text, "it needs an SSH key, and builds have none", HTTPS_ADVICE);
  if (url.protocol === "docker:")
    throw invalid(text, "images are not read from a registry", "Save it as a `.cnb` file and install that.");
  if (!["http:", "https:", "git:"].includes(url.protocol))
    throw invalid(text, `${url.protocol.slice(0, -1)} addresses are not fetched`, "Use https, http or git.");
  if (url.hostname === "" || url.hostname.startsWith("-")) throw invalid(text, "it is no valid address");
  if (url.username !== "" || url.password !== "")
    throw invalid(
      `${url.protocol}//…@${url.host}${url.pathname}`,
      "it holds credentials, which would be shown wherever it is",
      "Install it here with `portside buildpacks:install DIR` from a copy you fetched.",
    );
  const rawRef = url.hash.slice(1);
  url.hash = "";
  if (url.protocol !== "git:" && /\.zip$/i.test(url.pathname))
    throw invalid(text, "zip archives are not read", "Use its `.tar.gz` or `.tgz`, or its git address.");
  if (url.protocol !== "git:" && ARCHIVE.test(url.pathname)) return { kind: "download", url };
  if (rawRef === "") return { kind: "git", url };
  if (!isGitRef(rawRef)) throw invalid(text, "what stands behind `#` is no branch, tag or commit");
  return { kind: "git", url, ref: rawRef };
}

/** git's own check accepts `--upload-pack=x`; this is narrower. security.md rule 4. */
function isGitRef(ref: string): boolean {
  return GIT_REF.test(ref) && !ref.includes("..") && !ref.includes("//") && !/(?:\/|\.|\.lock)$/.test(ref);
}

function hasControl(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return /[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/.test(text);
}

/** E_BUILDPACK_INVALID about a reference. */
export function invalid(reference: string, problem: string, advice = FORMS_ADVICE): PortsideError {
  return new PortsideError("E_BUILDPACK_INVALID", { reference: shownReference(reference), problem, advice });
}

const FORMS_ADVICE =
  "Write `owner/name[@version]`, an https or git address, `urn:cnb:…`, or a path from `./` inside the app's source.";

const SHOWN_CHARACTERS_MAX = 200;

/** A reference for a message: not endless, control characters written out. */
export function shownReference(reference: string): string {
  const cut = reference.length > SHOWN_CHARACTERS_MAX ? `${reference.slice(0, SHOWN_CHARACTERS_MAX)}…` : reference;
  return hasControl(cut) ? JSON.stringify(cut) : `\`${cut}\``;
}
