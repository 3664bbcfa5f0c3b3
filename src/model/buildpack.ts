import type { Digest } from "./source.ts";

/**
 * A buildpack that somebody installed on this machine, for use by id. Written by build, read by control, API and CLI.
 * Stored in `<home>/buildpacks/index.json`, its files by digest beside it.
 */
export type InstalledBuildpack = {
  readonly id: string;
  readonly version: string;
  readonly digest: Digest;
  /** What it was installed from, as it was named. */
  readonly from: string;
  readonly installedAt: number;
};

/** A buildpack that can be named by id, for lists. `installed` is absent for Portside's own. */
export type KnownBuildpack = {
  readonly id: string;
  readonly version: string;
  readonly name?: string;
  readonly aliases: readonly string[];
  readonly installed?: { readonly from: string; readonly at: number };
};
