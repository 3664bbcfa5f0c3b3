import type { AppContract, ProjectBuildpack } from "../../model/app-contract.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { invalid, parseReference, type BuildpackReference } from "./reference.ts";

/** Who names the buildpacks, in words for messages. `detection`: nobody does. */
export type RequestOrigin = "--buildpack" | "the app's setting" | "app.json" | "project.toml" | "detection";

/** A buildpack that is a few lines in project.toml. */
export type InlineScript = {
  readonly kind: "inline";
  readonly id: string;
  readonly version: string;
  readonly api: string;
  readonly shell: string;
  readonly text: string;
};

/** One place in the wished group. `text` is the reference as somebody wrote it. */
export type RequestedBuildpack = {
  readonly text: string;
  /** An absolute path may stand here. */
  readonly isTrusted: boolean;
  readonly reference: BuildpackReference | InlineScript;
};

/** Which buildpacks are wished. `group` is absent where detection decides; `pre` and `post` then stand around what it finds. */
export type RequestedBuildpacks = {
  readonly origin: RequestOrigin;
  readonly group?: readonly RequestedBuildpack[];
  readonly pre: readonly RequestedBuildpack[];
  readonly post: readonly RequestedBuildpack[];
};

/** What somebody with a right on the app named: for one deploy, or as the app's setting. */
export type NamedBuildpacks = { readonly override: readonly string[]; readonly setting: readonly string[] };

/** Nobody named any. */
export const NO_NAMED_BUILDPACKS: NamedBuildpacks = { override: [], setting: [] };

/**
 * Who decides: `--buildpack` for one deploy > the app's setting > app.json > project.toml > detection. What is not used is
 * not read either. Throws E_BUILDPACK_INVALID. Contract §3, cnb.md §11.
 */
export function requestedBuildpacks(
  contract: Pick<AppContract, "appJson" | "projectToml">,
  named: NamedBuildpacks,
): RequestedBuildpacks {
  const fromTexts = (origin: RequestOrigin, texts: readonly string[], isTrusted: boolean): RequestedBuildpacks => ({
    origin,
    group: texts.map((text) => ({ text, isTrusted, reference: parseReference(text) })),
    pre: [],
    post: [],
  });
  if (named.override.length > 0) return fromTexts("--buildpack", named.override, true);
  if (named.setting.length > 0) return fromTexts("the app's setting", named.setting, true);
  const { buildpacks = [] } = contract.appJson;
  if (buildpacks.length > 0)
    return fromTexts(
      "app.json",
      buildpacks.map(({ url }) => url),
      false,
    );
  const { group, pre = [], post = [] } = contract.projectToml ?? {};
  if (group !== undefined) return { origin: "project.toml", group: group.map(fromProject), pre: [], post: [] };
  return { origin: "detection", pre: pre.map(fromProject), post: post.map(fromProject) };
}

function fromProject(declared: ProjectBuildpack): RequestedBuildpack {
  const { id, version, uri, script } = declared;
  const isTrusted = false;
  if (uri !== undefined) return { text: uri, isTrusted, reference: parseReference(uri) };
  if (id === undefined) throw new PortsideError("E_INTERNAL", { problem: "a buildpack of project.toml has no name" });
  if (script === undefined) {
    const text = version === undefined ? id : `${id}@${version}`;
    const reference = parseReference(text);
    // An id cannot be an address: the specification has `uri` for that.
    if (reference.kind !== "id") throw invalid(text, "it is no id", "Write it as `uri` instead of `id`.");
    return { text, isTrusted, reference };
  }
  const { api, shell, inline } = script;
  return {
    text: id,
    isTrusted,
    reference: { kind: "inline", id, version: version ?? "0.0.0", api, shell, text: inline },
  };
}
