import type { Clock } from "../../lib/clock.ts";
import type { Database } from "../../lib/sqlite.ts";
import type { AppName } from "../../model/app.ts";

/** Not renewed for so long, a lease is void. */
const LEASE_MS = 30_000;
export const LEASE_RENEW_MS = 10_000;

/** Permission to change one app. `token` grows with every lease of that app: the fence against a holder that came back from the dead. */
export type Lease = { readonly app: AppName; readonly operation: number; readonly token: number };

type Row = { readonly operation: number; readonly owner: string; readonly token: number; readonly renewed_at: number };

/** Table `leases`: one operation per app at a time. A lease of a dead owner is void at once when this process holds the home's lock. */
export class Leases {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #owner: string;

  constructor(database: Database, clock: Clock, owner: string) {
    this.#database = database;
    this.#clock = clock;
    this.#owner = owner;
  }

  /** Gives up what earlier owners held. Only for the process that holds the home's lock. */
  voidOthers(): void {
    this.#database.run("UPDATE leases SET renewed_at = 0 WHERE owner <> ?", this.#owner);
  }

  /** The lease, or `undefined` while another operation holds it. */
  take(app: AppName, operation: number): Lease | undefined {
    return this.#database.transaction(() => {
      const held = this.#find(app);
      const alive = held !== undefined && this.#clock.now() - held.renewed_at < LEASE_MS;
      if (alive && held.operation !== operation) return undefined;
      const token = (held?.token ?? 0) + 1;
      this.#database.run(
        "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)",
        app,
        operation,
        this.#owner,
        token,
        this.#clock.now(),
      );
      return { app, operation, token };
    });
  }

  /** Throws when somebody else has taken it since: the fence that a late holder's writes stand before. */
  assertHeld(lease: Lease): void {
    const held = this.#find(lease.app);
    if (held?.token !== lease.token) throw new Error(`the lease of ${lease.app} is another's, ${lease.token} is void`);
  }

  /** False when somebody else has taken it since. */
  renew(lease: Lease): boolean {
    const sql = "UPDATE leases SET renewed_at = ? WHERE app = ? AND token = ? AND renewed_at > 0";
    return this.#database.run(sql, this.#clock.now(), lease.app, lease.token).changes === 1;
  }

  /** Keeps the row, so that tokens go on growing. */
  release(lease: Lease): void {
    this.#database.run("UPDATE leases SET renewed_at = 0 WHERE app = ? AND token = ?", lease.app, lease.token);
  }

  /** Apps with a live lease. */
  held(): readonly string[] {
    const since = this.#clock.now() - LEASE_MS;
    return this.#database
      .all<{ app: string }>("SELECT app FROM leases WHERE renewed_at > ?", since)
      .map((row) => row.app);
  }

  #find(app: AppName): Row | undefined {
    return this.#database.get<Row>("SELECT operation, owner, token, renewed_at FROM leases WHERE app = ?", app);
  }
}
