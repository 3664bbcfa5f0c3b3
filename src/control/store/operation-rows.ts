import type { Clock } from "../../lib/clock.ts";
import type { Database } from "../../lib/sqlite.ts";
import type { AppName } from "../../model/app.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { Intent } from "../../model/intent.ts";
import type {
  Operation,
  OperationEvent,
  OperationEventBody,
  OperationFailure,
  OperationKind,
  OperationStatus,
} from "../../model/operation.ts";
import type { OperationSelection } from "../control-plane.ts";
import type { Facts, OperationRequest } from "../operations/request.ts";

type Row = {
  readonly id: number;
  readonly app: string;
  readonly kind: string;
  readonly status: string;
  readonly created_at: number;
  readonly ended_at: number | null;
  readonly request: string;
  readonly facts: string;
  readonly release: number | null;
  readonly failure: string | null;
  readonly intent: string;
};

/** An operation with what only control needs to know of it. */
export type OperationRecord = Operation & { readonly request: OperationRequest; readonly facts: Facts };

const OPEN = "status IN ('waiting', 'running', 'undoing')";

/** Tables `operations` and `operation_events`. */
export class OperationRows {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  insert(app: AppName, request: OperationRequest, intent: Intent): OperationRecord {
    const now = this.#clock.now();
    const { lastId } = this.#database.run(
      "INSERT INTO operations (app, kind, status, created_at, request, facts, intent) VALUES (?, ?, 'waiting', ?, ?, '{}', ?)",
      app,
      request.kind,
      now,
      JSON.stringify(request),
      JSON.stringify(intent),
    );
    return { id: lastId, app, kind: request.kind, status: "waiting", createdAt: now, intent, request, facts: {} };
  }

  /** Throws E_OPERATION_UNKNOWN. */
  get(id: number): OperationRecord {
    const row = this.#database.get<Row>("SELECT * FROM operations WHERE id = ?", id);
    if (row === undefined) throw new PortsideError("E_OPERATION_UNKNOWN", { id });
    return fromRow(row);
  }

  /** Running, undoing and waiting ones, oldest first. */
  open(app?: AppName): readonly OperationRecord[] {
    const rows =
      app === undefined
        ? this.#database.all<Row>(`SELECT * FROM operations WHERE ${OPEN} ORDER BY id`)
        : this.#database.all<Row>(`SELECT * FROM operations WHERE ${OPEN} AND app = ? ORDER BY id`, app);
    return rows.map(fromRow);
  }

  /** Newest first. */
  list({ app, before = Number.MAX_SAFE_INTEGER, limit }: OperationSelection): readonly OperationRecord[] {
    const sql = (where: string): string => `SELECT * FROM operations WHERE ${where} ORDER BY id DESC LIMIT ?`;
    const rows =
      app === undefined
        ? this.#database.all<Row>(sql("id < ?"), before, limit)
        : this.#database.all<Row>(sql("app = ? AND id < ?"), app, before, limit);
    return rows.map(fromRow);
  }

  setStatus(id: number, status: OperationStatus): void {
    this.#database.run("UPDATE operations SET status = ? WHERE id = ?", status, id);
  }

  addFacts(id: number, facts: Facts): void {
    const merged = { ...this.get(id).facts, ...facts };
    this.#database.run("UPDATE operations SET facts = ? WHERE id = ?", JSON.stringify(merged), id);
  }

  end(
    id: number,
    outcome: { readonly status: OperationStatus; readonly release?: number; readonly failure?: OperationFailure },
  ): void {
    this.#database.run(
      "UPDATE operations SET status = ?, ended_at = ?, release = ?, failure = ? WHERE id = ?",
      outcome.status,
      this.#clock.now(),
      outcome.release ?? null,
      outcome.failure === undefined ? null : JSON.stringify(outcome.failure),
      id,
    );
  }

  /** Appends events, all or none; they get the next sequence numbers. */
  append(id: number, bodies: readonly OperationEventBody[]): readonly OperationEvent[] {
    return this.#database.transaction(() => {
      const last = this.#database.get<{ seq: number }>(
        "SELECT coalesce(max(seq), 0) AS seq FROM operation_events WHERE operation = ?",
        id,
      );
      const at = this.#clock.now();
      return bodies.map((body, index) => {
        const seq = (last?.seq ?? 0) + index + 1;
        this.#database.run("INSERT INTO operation_events VALUES (?, ?, ?, ?)", id, seq, at, JSON.stringify(body));
        return { seq, at, ...body };
      });
    });
  }

  /** How many lines of a source the operation has told. */
  outputCount(id: number, source: string): number {
    const sql =
      "SELECT count(*) AS count FROM operation_events WHERE operation = ? AND body ->> 'type' = 'output' AND body ->> 'source' = ?";
    return this.#database.get<{ count: number }>(sql, id, source)?.count ?? 0;
  }

  /** Removes the lines of output among an ended operation's events; the others stay. */
  dropOutput(id: number): void {
    this.#database.run(
      "DELETE FROM operation_events WHERE operation = ? AND json_extract(body, '$.type') = 'output'",
      id,
    );
  }

  /** Behind `afterSeq`, in order. */
  events(id: number, afterSeq = 0): readonly OperationEvent[] {
    const rows = this.#database.all<{ seq: number; at: number; body: string }>(
      "SELECT seq, at, body FROM operation_events WHERE operation = ? AND seq > ? ORDER BY seq",
      id,
      afterSeq,
    );
    return rows.map((row) => ({ seq: row.seq, at: row.at, ...(JSON.parse(row.body) as OperationEventBody) }));
  }
}

function fromRow(row: Row): OperationRecord {
  return {
    id: row.id,
    app: row.app as AppName,
    kind: row.kind as OperationKind,
    status: row.status as OperationStatus,
    createdAt: row.created_at,
    intent: JSON.parse(row.intent) as Intent,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.release === null ? {} : { release: row.release }),
    ...(row.failure === null ? {} : { failure: JSON.parse(row.failure) as OperationFailure }),
    request: JSON.parse(row.request) as OperationRequest,
    facts: JSON.parse(row.facts) as Facts,
  };
}
