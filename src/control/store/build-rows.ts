import type { Database } from "../../lib/sqlite.ts";
import type { AppName } from "../../model/app.ts";
import type { Build, BuildStatus } from "../../model/build.ts";
import { PortsideError } from "../../model/error-registry.ts";

type Row = {
  readonly app: string;
  readonly number: number;
  readonly operation: number;
  readonly status: string;
  readonly queued_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly phase: string | null;
  readonly memory_peak_bytes: number | null;
  readonly cpu_ms: number | null;
  readonly size_bytes: number | null;
  readonly details: string;
};

type Details = Pick<Build, "sections" | "artifact" | "measure" | "failure">;

/** What is known about a build once it has ended. */
export type BuildEnd = Details & {
  readonly status: Exclude<BuildStatus, "waiting" | "running">;
  readonly endedAt: number;
  readonly sizeBytes?: number;
};

/** Table `builds`. */
export class BuildRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The operation's build, waiting: a new one, or the same again after a restart, with its place in the queue. */
  open(app: AppName, operation: number, now: number): Build {
    const sql =
      "INSERT INTO builds (app, number, operation, status, queued_at, details) VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM builds WHERE app = ?), ?, 'waiting', ?, '{\"sections\":[]}') ON CONFLICT (operation) DO UPDATE SET status = 'waiting', started_at = NULL, phase = NULL";
    this.#database.run(sql, app, app, operation, now);
    return this.#one("operation = ?", operation) ?? unknown(app, "");
  }

  start(operation: number, now: number): void {
    this.#database.run("UPDATE builds SET status = 'running', started_at = ? WHERE operation = ?", now, operation);
  }

  reach(operation: number, phase: string): void {
    this.#database.run("UPDATE builds SET phase = ? WHERE operation = ?", phase, operation);
  }

  end(operation: number, { status, endedAt, sizeBytes, ...details }: BuildEnd): void {
    this.#database.run(
      "UPDATE builds SET status = ?, ended_at = ?, size_bytes = ?, memory_peak_bytes = ?, cpu_ms = ?, details = ? WHERE operation = ?",
      status,
      endedAt,
      sizeBytes ?? null,
      details.measure?.memoryPeakBytes ?? null,
      details.measure?.cpuMs === undefined ? null : Math.round(details.measure.cpuMs),
      JSON.stringify(details),
      operation,
    );
  }

  /** Builds whose operation has ended without them: the server died in between, or a cancel came after it. */
  endInterrupted(now: number): void {
    const sql =
      "UPDATE builds SET status = 'interrupted', ended_at = ? WHERE status IN ('waiting', 'running') AND operation NOT IN (SELECT id FROM operations WHERE status IN ('waiting', 'running', 'undoing'))";
    this.#database.run(sql, now);
  }

  /** Newest first. */
  list(app: AppName, countMax: number): readonly Build[] {
    const sql = "SELECT * FROM builds WHERE app = ? ORDER BY number DESC LIMIT ?";
    return this.#database.all<Row>(sql, app, countMax).map(fromRow);
  }

  /** Throws E_BUILD_UNKNOWN; without a number: the newest. */
  get(app: AppName, number?: number): Build {
    const found = number === undefined ? this.list(app, 1)[0] : this.#one("app = ? AND number = ?", app, number);
    return found ?? unknown(app, number === undefined ? "" : ` ${number}`);
  }

  /** Memory the app's last successful build held at its peak. */
  lastPeakBytes(app: AppName): number | undefined {
    const sql =
      "SELECT memory_peak_bytes AS bytes FROM builds WHERE app = ? AND status = 'succeeded' AND memory_peak_bytes IS NOT NULL ORDER BY number DESC LIMIT 1";
    return this.#database.get<{ bytes: number }>(sql, app)?.bytes;
  }

  #one(where: string, ...values: readonly (string | number)[]): Build | undefined {
    const row = this.#database.get<Row>(`SELECT * FROM builds WHERE ${where}`, ...values);
    return row === undefined ? undefined : fromRow(row);
  }
}

function unknown(app: AppName, number: string): never {
  throw new PortsideError("E_BUILD_UNKNOWN", { app, number });
}

function fromRow(row: Row): Build {
  return {
    app: row.app as AppName,
    number: row.number,
    operation: row.operation,
    status: row.status as BuildStatus,
    queuedAt: row.queued_at,
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.phase === null ? {} : { phase: row.phase }),
    ...(row.size_bytes === null ? {} : { sizeBytes: row.size_bytes }),
    ...(JSON.parse(row.details) as Details),
  };
}
