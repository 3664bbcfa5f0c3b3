import type { Database } from "../../lib/sqlite.ts";
import type { AppName } from "../../model/app.ts";
import type { ExitRecord, Instance, InstanceId, InstancePhase } from "../../model/instance.ts";

type Row = {
  readonly id: string;
  readonly app: string;
  readonly release: number;
  readonly type: string;
  readonly number: number;
  readonly phase: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly started_at: number;
  readonly operation: number;
  readonly restarts: number;
  readonly exit: string | null;
};

/** How many stopped instances are kept for the record, of each app. */
const STOPPED_KEPT_MAX = 50;

/** Table `instances`: what control wants and knows of each process start. */
export class InstanceRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(id: InstanceId): Instance | undefined {
    const row = this.#database.get<Row>("SELECT * FROM instances WHERE id = ?", id);
    return row === undefined ? undefined : fromRow(row);
  }

  /** Not the stopped ones, by start. */
  alive(app: AppName): readonly Instance[] {
    return this.#database
      .all<Row>("SELECT * FROM instances WHERE app = ? AND phase <> 'stopped' ORDER BY started_at, id", app)
      .map(fromRow);
  }

  /** Not the stopped ones, of all apps, by start. */
  allAlive(): readonly Instance[] {
    return this.#database
      .all<Row>("SELECT * FROM instances WHERE phase <> 'stopped' ORDER BY started_at, id")
      .map(fromRow);
  }

  /** All that an operation started, stopped ones too, by start. */
  ofOperation(operation: number): readonly Instance[] {
    return this.#database
      .all<Row>("SELECT * FROM instances WHERE operation = ? ORDER BY started_at, id", operation)
      .map(fromRow);
  }

  /** The newest one of a place, the living before the stopped. */
  lastOf(app: AppName, type: string, number: number): Instance | undefined {
    const row = this.#database.get<Row>(
      "SELECT * FROM instances WHERE app = ? AND type = ? AND number = ? ORDER BY phase = 'stopped', started_at DESC LIMIT 1",
      app,
      type,
      number,
    );
    return row === undefined ? undefined : fromRow(row);
  }

  /** Does nothing when the id is there already. */
  insert(instance: Instance): void {
    this.#database.run(
      "INSERT OR IGNORE INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      instance.id,
      instance.app,
      instance.release,
      instance.type,
      instance.number,
      instance.phase,
      instance.address?.host ?? null,
      instance.address?.port ?? null,
      instance.startedAt,
      instance.operation,
      instance.restarts,
      instance.exit === undefined ? null : JSON.stringify(instance.exit),
    );
  }

  setPhase(id: InstanceId, phase: InstancePhase): void {
    this.#database.run("UPDATE instances SET phase = ? WHERE id = ?", phase, id);
  }

  /** Its process is there. Until now `startedAt` was the moment it was planned. */
  setStarted(id: InstanceId, started: Pick<Instance, "startedAt" | "address">): void {
    const { startedAt, address } = started;
    const sql = "UPDATE instances SET started_at = ?, host = ?, port = ? WHERE id = ?";
    this.#database.run(sql, startedAt, address?.host ?? null, address?.port ?? null, id);
  }

  /** Ended for good, or crashed and waiting for its next start. */
  setEnded(id: InstanceId, phase: "stopped" | "crashed", exit: ExitRecord): void {
    this.#database.run("UPDATE instances SET phase = ?, exit = ? WHERE id = ?", phase, JSON.stringify(exit), id);
  }

  /** Its next start is not a crash's. */
  resetRestarts(id: InstanceId): void {
    this.#database.run("UPDATE instances SET restarts = 0 WHERE id = ?", id);
  }

  /** Drops the oldest stopped rows of an app beyond what is kept for the record. */
  prune(app: AppName): void {
    const kept = "SELECT id FROM instances WHERE app = ? AND phase = 'stopped' ORDER BY started_at DESC LIMIT ?";
    this.#database.run(
      `DELETE FROM instances WHERE app = ? AND phase = 'stopped' AND id NOT IN (${kept})`,
      app,
      app,
      STOPPED_KEPT_MAX,
    );
  }
}

function fromRow(row: Row): Instance {
  return {
    id: row.id,
    app: row.app as AppName,
    release: row.release,
    type: row.type,
    number: row.number,
    phase: row.phase as InstancePhase,
    ...(row.host === null || row.port === null ? {} : { address: { host: row.host, port: row.port } }),
    startedAt: row.started_at,
    operation: row.operation,
    restarts: row.restarts,
    ...(row.exit === null ? {} : { exit: JSON.parse(row.exit) as ExitRecord }),
  };
}
