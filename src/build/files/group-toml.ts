import { formatDocument } from "./toml-document.ts";

/** A buildpack that takes part, by id and version. */
export type GroupElement = {
  readonly id: string;
  readonly version: string;
  readonly api: string;
  readonly homepage?: string;
};

/**
 * `<layers>/group.toml`: the buildpacks that take part, in order.
 * Written by detect. Read by whoever looks into an artifact; inside one process the phases hand the value on. cnb.md §3.3.
 */
export function formatGroupToml(group: readonly GroupElement[]): string {
  return formatDocument({ group: group.map(({ id, version, api, homepage }) => ({ id, version, api, homepage })) });
}
