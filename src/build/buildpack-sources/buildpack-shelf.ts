import { closest } from "../../lib/similar.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { Digest } from "../../model/source.ts";
import type { Buildpack } from "../buildpack-registry.ts";
import { shownReference } from "./reference.ts";

/** A buildpack this installation has by id. `digest` is absent for Portside's own, whose content is hashed as a whole. */
export type ShelvedBuildpack = { readonly buildpack: Buildpack; readonly digest?: Digest };

/**
 * Every buildpack that can be named by id: Portside's own and those an operator installed. An exact id goes before a name
 * users know a buildpack by; of several versions the one asked for, else the one installed last. Contract §3.
 */
export class BuildpackShelf {
  readonly #all: readonly ShelvedBuildpack[];

  /** In order of preference. */
  constructor(all: readonly ShelvedBuildpack[]) {
    this.#all = all;
  }

  /** By exact id, and version if one is named. */
  find(id: string, version?: string): ShelvedBuildpack | undefined {
    return this.#all.find(
      ({ buildpack }) => buildpack.id === id && (version ?? buildpack.version) === buildpack.version,
    );
  }

  /** By a name users know it by: `heroku/nodejs`, the address of its repository. */
  findByAlias(name: string): ShelvedBuildpack | undefined {
    return this.#all.find(({ buildpack }) => buildpack.aliases.includes(name));
  }

  /** Throws E_BUILDPACK_UNKNOWN, which says what there is and how to get another. */
  get(id: string, version?: string): ShelvedBuildpack {
    const found = this.find(id, version);
    if (found !== undefined) return found;
    const versions = this.#all.filter(({ buildpack }) => buildpack.id === id).map(({ buildpack }) => buildpack.version);
    const byAlias = versions.length === 0 ? this.findByAlias(id) : undefined;
    if (byAlias !== undefined) return byAlias;
    throw this.unknown(version === undefined ? id : `${id}@${version}`, { id, versions });
  }

  /** The error for a reference that leads nowhere. */
  unknown(reference: string, asked: { readonly id: string; readonly versions: readonly string[] }): PortsideError {
    const { id, versions } = asked;
    const known = this.#all.map(({ buildpack }) => buildpack.id);
    const names = this.#all.flatMap(({ buildpack }) => [buildpack.id, ...buildpack.aliases]);
    const near = versions.length > 0 ? undefined : closest(id, names);
    const advice = [
      near === undefined ? "" : `Did you mean \`${near}\`?`,
      "Install it with `portside buildpacks:install FILE|DIR|URL`",
      /^[\w.-]+\/[\w.-]+$/.test(id) ? `, or name its git address, such as https://github.com/${id}.` : ".",
    ];
    const has = versions.length > 0 ? versions.map((version) => `${id}@${version}`) : [...new Set(known)];
    return new PortsideError("E_BUILDPACK_UNKNOWN", {
      reference: shownReference(reference),
      known: has.join(", ") || "none",
      advice: advice.filter(Boolean).join(" ").replace(" ,", ",").replace(" .", "."),
    });
  }
}
