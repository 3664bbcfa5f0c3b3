import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../lib/clock.ts";
import type { Database } from "../../lib/sqlite.ts";
import { PortsideError } from "../../model/error-registry.ts";

type Migration = { readonly number: number; readonly name: string; readonly sql: string; readonly sha256: string };

const DIRECTORY = fileURLToPath(new URL("./migrations", import.meta.url));

/**
 * Brings the database to this version's schema: refuses a newer one (E_DATABASE_NEWER) and one whose past differs
 * (E_DATABASE_CHANGED), makes a copy beside it before it changes one that holds data.
 */
export function migrate(
  database: Database,
  file: { readonly path: string; readonly clock: Clock },
  migrations = readMigrations(),
): void {
  const { path, clock } = file;
  database.script(
    "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT",
  );
  const applied = database.all<{ number: number; name: string; sha256: string }>(
    "SELECT number, name, sha256 FROM migrations ORDER BY number",
  );
  const newest = applied.at(-1)?.number ?? 0;
  const known = migrations.at(-1)?.number ?? 0;
  if (newest > known) throw new PortsideError("E_DATABASE_NEWER", { found: newest, known });
  for (const row of applied) {
    if (migrations.find((migration) => migration.number === row.number)?.sha256 !== row.sha256) {
      throw new PortsideError("E_DATABASE_CHANGED", { name: row.name });
    }
  }
  const pending = migrations.filter((migration) => migration.number > newest);
  if (pending.length > 0 && newest > 0) database.run("VACUUM INTO ?", `${path}.before-${known}-${clock.now()}`);
  for (const migration of pending) {
    database.transaction(() => {
      database.script(migration.sql);
      database.run(
        "INSERT INTO migrations VALUES (?, ?, ?, ?)",
        migration.number,
        migration.name,
        migration.sha256,
        clock.now(),
      );
    });
  }
}

/** The numbered `.sql` files beside this one, by number. */
export function readMigrations(directory = DIRECTORY): readonly Migration[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => {
      const sql = readFileSync(`${directory}/${name}`, "utf8");
      return { number: Number.parseInt(name, 10), name, sql, sha256: createHash("sha256").update(sql).digest("hex") };
    });
}
