/** How a request that a user asked for ended. `problem` is for people and names no address that was resolved. */
export type OutgoingResult =
  | { readonly ok: true; readonly status: number }
  | { readonly ok: false; readonly problem: string };

/**
 * Requests made on a user's word (`onFailure.url`; later webhooks and drains). http and https only, to no address that the
 * operator did not allow, no redirects, bounded in time and size. security.md rule 11. The simulator gives its own.
 */
export type Outgoing = {
  /** POSTs JSON. Never rejects but with the signal's reason. */
  post(url: string, body: unknown, signal: AbortSignal): Promise<OutgoingResult>;
};
