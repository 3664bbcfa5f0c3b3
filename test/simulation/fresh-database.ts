import { migrate } from "../../src/control/store/migrate.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { Database } from "../../src/lib/sqlite.ts";

/** In an order in which rows may go. */
const TABLES = [
  "check_results",
  "config_values",
  "releases",
  "instances",
  "builds",
  "apps",
  "operation_events",
  "operations",
  "leases",
  "meta",
  "sqlite_sequence",
];

let kept: Database | undefined;

/**
 * An empty, migrated database. The same one again for every scenario, since a new one with its prepared statements costs more
 * than a whole scenario's rows: only one scenario may be played at a time.
 */
export function freshDatabase(clock: Clock): Database {
  if (kept === undefined) {
    kept = new Database(":memory:", { synchronous: "NORMAL" });
    migrate(kept, { path: ":memory:", clock });
    const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migrations' ORDER BY name";
    const names = kept.all<{ name: string }>(sql).map(({ name }) => name);
    if (names.join() !== [...TABLES].sort().join()) throw new Error(`the schema has other tables: ${names.join(" ")}`);
  }
  for (const table of TABLES) kept.run(`DELETE FROM ${table}`);
  return kept;
}
