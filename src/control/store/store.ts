import { randomUUID } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import type { Random } from "../../lib/random.ts";
import { Database } from "../../lib/sqlite.ts";
import { loadMasterKey } from "../config/master-key.ts";
import { AppRows } from "./app-rows.ts";
import { CheckRows } from "./check-rows.ts";
import { BuildRows } from "./build-rows.ts";
import { ConfigRows } from "./config-rows.ts";
import { InstanceRows } from "./instance-rows.ts";
import { Leases } from "./leases.ts";
import { migrate } from "./migrate.ts";
import { OperationRows } from "./operation-rows.ts";
import { ReleaseRows } from "./release-rows.ts";

/**
 * The control plane's own state: apps, config, releases, instances, operations. Synchronous; one process writes it.
 * Written and read by control only. The edge and the engines never see it.
 */
export class Store {
  readonly apps: AppRows;
  readonly config: ConfigRows;
  readonly releases: ReleaseRows;
  readonly instances: InstanceRows;
  readonly checks: CheckRows;
  readonly operations: OperationRows;
  readonly builds: BuildRows;
  readonly leases: Leases;
  readonly #database: Database;

  constructor(database: Database, masterKey: Buffer, world: { readonly clock: Clock; readonly random: Random }) {
    this.#database = database;
    this.apps = new AppRows(database);
    this.config = new ConfigRows(database, masterKey, world.random);
    this.releases = new ReleaseRows(database);
    this.instances = new InstanceRows(database);
    this.checks = new CheckRows(database);
    this.operations = new OperationRows(database, world.clock);
    this.builds = new BuildRows(database);
    this.leases = new Leases(database, world.clock, randomUUID());
  }

  transaction<T>(body: () => T): T {
    return this.#database.transaction(body);
  }

  /** A counter that survives restarts: 1, 2, 3 …, by name. */
  nextNumber(name: string): number {
    const sql =
      "INSERT INTO meta VALUES (?, '1') ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value";
    const row = this.#database.get<{ value: string }>(sql, `counter:${name}`);
    return Number(row?.value);
  }

  close(): void {
    this.#database.close();
  }
}

/**
 * Opens (and if need be makes or migrates) the database and checks that the master key fits it.
 * Errors: E_DATABASE_NEWER, E_DATABASE_CHANGED, E_MASTER_KEY.
 */
export function openStore(
  paths: { readonly database: string; readonly masterKey: string },
  world: { readonly clock: Clock; readonly random: Random },
): Store {
  const database = new Database(paths.database, { synchronous: "FULL" });
  try {
    migrate(database, { path: paths.database, clock: world.clock });
    return new Store(database, loadMasterKey(paths.masterKey, database, world.random), world);
  } catch (error) {
    database.close();
    throw error;
  }
}
