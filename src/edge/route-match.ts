/**
 * The host name a `Host` line or an absolute target asks for: lower case, without port and without a closing dot.
 * Contract §11: routes match exact names only.
 */
export function hostName(rawHost: string): string {
  const lower = rawHost.toLowerCase();
  const portAt = lower.endsWith("]") ? -1 : lower.lastIndexOf(":");
  const bare = portAt >= 0 && /^\d*$/.test(lower.slice(portAt + 1)) ? lower.slice(0, portAt) : lower;
  return bare.endsWith(".") ? bare.slice(0, -1) : bare;
}

/** What routes are found by: one entry a host. The first route that lists a host has it. */
export function indexByHost<R extends { readonly hosts: readonly string[] }>(
  routes: readonly R[],
): ReadonlyMap<string, R> {
  const index = new Map<string, R>();
  for (const route of routes) {
    for (const host of route.hosts) if (!index.has(host)) index.set(host, route);
  }
  return index;
}
