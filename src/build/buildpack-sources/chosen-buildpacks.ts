import { createHash } from "node:crypto";
import { PortsideError } from "../../model/error-registry.ts";
import type { Buildpack, GroupMember } from "../buildpack-registry.ts";
import type { ShelvedBuildpack } from "./buildpack-shelf.ts";
import type { RequestOrigin } from "./requested-buildpacks.ts";

const PROCFILE_ID = "portside/procfile";

/**
 * Which buildpacks a build may use, all of them on this disk. Made by build (`BuildpackSources`), handed through control,
 * read by build. Nowhere stored: its digest is part of the artifact's.
 */
export type ChosenBuildpacks = {
  readonly origin: RequestOrigin;
  /** As somebody wrote them; empty where detection decides. */
  readonly references: readonly string[];
  /** The groups to try, in turn. */
  readonly order: readonly (readonly GroupMember[])[];
  /** Everything a composite may stand for, by exact id and version; without a version the preferred one. */
  readonly lookup: (id: string, version: string | undefined) => Buildpack | undefined;
  /** Where everything lies that a build may run; builds that are held in a room must be able to read these. */
  readonly directories: readonly string[];
  /** Of which buildpacks are tried in which order, and of their content but for Portside's own. Hex. */
  readonly digest: string;
  /** What the user should know: where each came from. */
  readonly notes: readonly string[];
};

/** A place in a group before it is complete. */
export type Place = ShelvedBuildpack & { readonly optional: boolean };

/**
 * Groups as they are tried: a buildpack that is named twice counts once, and the Procfile buildpack comes last, optional
 * unless somebody named it. Throws E_BUILDPACK_INVALID for two of one id with different content. Contract §3, cnb.md §3.2.
 */
export function completeGroup(places: readonly Place[], procfile: ShelvedBuildpack | undefined): readonly Place[] {
  const group: Place[] = [];
  for (const place of places) {
    const { id, version } = place.buildpack;
    const known = group.find(({ buildpack }) => buildpack.id === id);
    if (known === undefined) group.push(place);
    else if (known.digest !== place.digest || known.buildpack.version !== version)
      throw new PortsideError("E_BUILDPACK_INVALID", {
        reference: `\`${id}\``,
        problem: `it is named twice with different content (${known.buildpack.version} and ${version})`,
        advice: "Remove one of the two: a group has each buildpack once.",
      });
  }
  if (procfile === undefined || group.some(({ buildpack }) => buildpack.id === PROCFILE_ID)) return group;
  return [...group, { ...procfile, optional: true }];
}

/** The default order's groups with others before and behind; the Procfile buildpack stays last. cnb.md §11. */
export function surroundGroup(
  own: readonly Place[],
  around: { readonly before: readonly Place[]; readonly after: readonly Place[] },
): readonly Place[] {
  const isNew = (place: Place): boolean => !own.some(({ buildpack }) => buildpack.id === place.buildpack.id);
  const isProcfile = ({ buildpack }: Place): boolean => buildpack.id === PROCFILE_ID;
  const before = around.before.filter(isNew);
  const after = around.after.filter(isNew);
  return [...before, ...own.filter((place) => !isProcfile(place)), ...after, ...own.filter(isProcfile)];
}

/** Hex SHA-256 of groups and content. `besides`: what else a composite in them may stand for. */
export function digestOfOrder(order: readonly (readonly Place[])[], besides: readonly ShelvedBuildpack[]): string {
  const shown = ({ buildpack, digest }: ShelvedBuildpack): string[] => [
    buildpack.id,
    buildpack.version,
    digest ?? "own",
  ];
  const groups = order.map((group) => group.map((place) => [...shown(place), String(place.optional)]));
  const others = besides.map(shown).toSorted((a, b) => (a.join("\0") < b.join("\0") ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([groups, others]))
    .digest("hex");
}

/** The Procfile buildpack, where there is one. */
export function isProcfileBuildpack({ buildpack }: ShelvedBuildpack): boolean {
  return buildpack.id === PROCFILE_ID;
}
