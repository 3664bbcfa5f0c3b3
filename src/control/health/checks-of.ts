import type { HealthCheck } from "../../model/app-contract.ts";
import { DEFAULT_CHECK } from "../../model/check-result.ts";
import type { Release } from "../../model/release.ts";
import { isRouted } from "../instances/launch-spec.ts";
import type { Limits } from "../world.ts";

/** A check with its position among those of its type (`DEFAULT_CHECK` for the one that nobody declared). */
export type PlacedCheck = { readonly index: number; readonly check: HealthCheck };

const DEFAULTS = { type: "startup", attempts: 1, wait: 0, initialDelay: 0, scheme: "http", warn: false } as const;

/**
 * All checks of a process type, in the file's order. Where no startup check is declared the default one comes first: a routed
 * type must accept a connection in time, another one stay up for a while. Contract §8, D64.
 */
export function checksOf(release: Release, type: string, limits: Limits): readonly PlacedCheck[] {
  const all = Object.hasOwn(release.healthchecks, type) ? (release.healthchecks[type] ?? []) : [];
  const declared = all.map((check, index) => ({ index, check }));
  if (declared.some(({ check }) => check.type === "startup")) return declared;
  const kind: Partial<HealthCheck> = isRouted(release, type) ? { listening: true } : { uptime: limits.uptimeMs / 1000 };
  return [{ index: DEFAULT_CHECK, check: { ...DEFAULTS, timeout: limits.bootMs / 1000, ...kind } }, ...declared];
}

/** `Database`, `GET /health`, `` `bin/check --deep` ``, `accepts connections`, `up for 3 s`. */
export function describeCheck(check: HealthCheck): string {
  if (check.name !== undefined) return check.name;
  const port = check.port === undefined ? "" : ` on port ${check.port}`;
  if (check.path !== undefined) return `GET ${check.path}${port}`;
  if (check.command !== undefined) return `\`${check.command.join(" ")}\``;
  return check.uptime === undefined ? `accepts connections${port}` : `up for ${check.uptime} s`;
}
