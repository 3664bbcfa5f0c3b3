/**
 * Who asked for an operation, and why. Written by whoever takes the request (API). Read by people.
 * Stored with the operation. security.md rule 20.
 */
export type Intent = {
  /** Through which door: the socket that only the installation's user can open, the API token, or the platform of its own accord. */
  readonly via: "socket" | "token" | "platform";
  /** The name of the OS user, as the client says. */
  readonly user?: string;
  /** Why, in the asker's words. */
  readonly message?: string;
  /** Why it goes on although the app is frozen. */
  readonly overrideReason?: string;
};

/** `alice`, `alice (token)`, `platform`. */
export function describeAsker({ via, user }: Intent): string {
  if (user === undefined) return via;
  return via === "socket" ? user : `${user} (${via})`;
}
