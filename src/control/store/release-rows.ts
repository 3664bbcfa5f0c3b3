import type { Database } from "../../lib/sqlite.ts";
import type { AppName } from "../../model/app.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { Release, ReleaseStatus } from "../../model/release.ts";
import type { Digest } from "../../model/source.ts";

type Document = Omit<Release, "app" | "number" | "operation" | "status" | "createdAt">;
type Row = {
  readonly app: string;
  readonly number: number;
  readonly operation: number;
  readonly status: string;
  readonly created_at: number;
  readonly document: string;
};

/** What the documents of earlier versions lack. */
const LATER = { resources: {}, maxParallel: {}, hooks: {} } as const;

/** Table `releases`. */
export class ReleaseRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(app: AppName, number: number): Release | undefined {
    return fromRow(this.#database.get<Row>("SELECT * FROM releases WHERE app = ? AND number = ?", app, number));
  }

  /** Throws E_RELEASE_UNKNOWN. */
  get(app: AppName, number: number): Release {
    const release = this.find(app, number);
    if (release === undefined) throw new PortsideError("E_RELEASE_UNKNOWN", { app, number });
    return release;
  }

  /** Newest first. */
  list(app: AppName): readonly Release[] {
    const rows = this.#database.all<Row>("SELECT * FROM releases WHERE app = ? ORDER BY number DESC", app);
    return rows.flatMap((row) => fromRow(row) ?? []);
  }

  /** The operation's release with the next number, `pending`; the one it made before, when it is asked again. */
  create(release: Omit<Release, "number" | "status">): Release {
    return this.#database.transaction(() => {
      const made = fromRow(this.#database.get<Row>("SELECT * FROM releases WHERE operation = ?", release.operation));
      if (made !== undefined) return made;
      const { app, operation, createdAt, ...document } = release;
      const next = this.#database.get<{ number: number }>(
        "SELECT coalesce(max(number), 0) + 1 AS number FROM releases WHERE app = ?",
        app,
      );
      const number = next?.number ?? 1;
      this.#database.run(
        "INSERT INTO releases (app, number, operation, status, created_at, document) VALUES (?, ?, ?, 'pending', ?, ?)",
        app,
        number,
        operation,
        createdAt,
        JSON.stringify(document),
      );
      return { ...release, number, status: "pending" };
    });
  }

  setStatus(app: AppName, number: number, status: ReleaseStatus): void {
    this.#database.run("UPDATE releases SET status = ? WHERE app = ? AND number = ?", status, app, number);
  }

  /** Artifacts that some release of another app needs. */
  artifactsOfOthers(app: AppName): ReadonlySet<Digest> {
    const rows = this.#database.all<{ document: string }>("SELECT document FROM releases WHERE app <> ?", app);
    return new Set(rows.map((row) => (JSON.parse(row.document) as Document).artifact));
  }
}

function fromRow(row: Row | undefined): Release | undefined {
  if (row === undefined) return undefined;
  return {
    ...LATER,
    ...(JSON.parse(row.document) as Document),
    app: row.app as AppName,
    number: row.number,
    operation: row.operation,
    status: row.status as ReleaseStatus,
    createdAt: row.created_at,
  };
}
