import type { LogBatch, LogSink } from "../../engines/engine.ts";
import type { Clock } from "../../lib/clock.ts";
import { followRows, SignalFeed } from "../../lib/signal-feed.ts";
import { Database } from "../../lib/sqlite.ts";
import type { AppName } from "../../model/app.ts";
import type { InstanceId } from "../../model/instance.ts";
import { LOG_LINE_BYTES_MAX, type LogLine } from "../../model/log-line.ts";
import type { LogSelection } from "../control-plane.ts";

/** Lines of one app kept at most, by their text's bytes. */
const APP_BYTES_MAX = 64 * 1024 * 1024;
/** Pruning frees this much at once, so that it is rare. */
const PRUNE_BYTES = 8 * 1024 * 1024;
const READ_LINES_MAX = 500;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    source TEXT NOT NULL,
    instance TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS lines_by_app ON lines (app, id);
  CREATE INDEX IF NOT EXISTS lines_by_instance ON lines (instance, id) WHERE instance <> '';
  CREATE TABLE IF NOT EXISTS cursors (stream TEXT PRIMARY KEY, cursor TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS usage (app TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;
`;

type Row = { readonly id: number; readonly at_us: number; readonly source: string; readonly text: string };

/** Lines for the store, with where reading goes on: both are written in one transaction. */
export type StoredBatch = {
  readonly stream: string;
  readonly cursor: string;
  readonly lines: readonly {
    readonly app: AppName;
    readonly atUs: number;
    readonly source: string;
    readonly instance: string;
    readonly text: string;
  }[];
};

/**
 * All apps' logs, in a database of their own. Each batch is stored together with the cursor of the stream it came from,
 * so a crash neither loses nor doubles a line. Contract §12.
 */
export class LogStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #feed = new SignalFeed<AppName>();

  constructor(path: string, clock: Clock) {
    this.#database = new Database(path, { synchronous: "NORMAL" });
    this.#database.script(SCHEMA);
    this.#clock = clock;
  }

  /** What engines write to. */
  readonly sink: LogSink = {
    cursor: (instance) => this.cursor(`instance:${instance}`),
    append: (batch) => this.append(fromEngine(batch)),
  };

  cursor(stream: string): string | undefined {
    return this.#database.get<{ cursor: string }>("SELECT cursor FROM cursors WHERE stream = ?", stream)?.cursor;
  }

  append(batch: StoredBatch): void {
    this.#database.transaction(() => {
      this.#insert(batch.lines);
      this.#database.run("INSERT OR REPLACE INTO cursors VALUES (?, ?)", batch.stream, batch.cursor);
    });
    for (const app of new Set(batch.lines.map((line) => line.app))) this.#feed.notify(app);
  }

  /** A line of the platform itself: `portside[web.1]`, `app[api]`. */
  say(app: AppName, source: string, text: string): void {
    const atUs = this.#clock.now() * 1000;
    const line = { app, atUs, source, instance: "", text: text.slice(0, LOG_LINE_BYTES_MAX) };
    this.#database.transaction(() => this.#insert([line]));
    this.#feed.notify(app);
  }

  /** The last `num` lines, oldest first. */
  read(selection: LogSelection): readonly LogLine[] {
    const { sql, values } = filter(selection);
    const rows = this.#database.all<Row>(
      `SELECT id, at_us, source, text FROM lines WHERE ${sql} ORDER BY id DESC LIMIT ?`,
      ...values,
      selection.num,
    );
    return rows.map(fromRow).reverse();
  }

  follow(selection: LogSelection, afterId: number, signal: AbortSignal): AsyncIterable<LogLine> {
    const { sql, values } = filter(selection);
    return followRows({
      feed: this.#feed,
      key: selection.app,
      signal,
      after: afterId,
      read: (after) =>
        this.#database
          .all<Row>(
            `SELECT id, at_us, source, text FROM lines WHERE ${sql} AND id > ? ORDER BY id LIMIT ${READ_LINES_MAX}`,
            ...values,
            after,
          )
          .map(fromRow),
      position: (line) => line.id,
    });
  }

  /** Lines of one instance behind a position, then new ones: for whoever shows a one-off's output live. */
  followInstance(app: AppName, instance: InstanceId, signal: AbortSignal): AsyncIterable<LogLine> {
    return followRows({
      feed: this.#feed,
      key: app,
      signal,
      after: 0,
      read: (after) =>
        this.#database
          .all<Row>(
            `SELECT id, at_us, source, text FROM lines WHERE instance = ? AND id > ? ORDER BY id LIMIT ${READ_LINES_MAX}`,
            instance,
            after,
          )
          .map(fromRow),
      position: (line) => line.id,
    });
  }

  /** The last lines of one instance, oldest first. */
  lastOf(instance: InstanceId, num: number): readonly LogLine[] {
    const sql = "SELECT id, at_us, source, text FROM lines WHERE instance = ? ORDER BY id DESC LIMIT ?";
    return this.#database.all<Row>(sql, instance, num).map(fromRow).reverse();
  }

  /** Forgets where reading a stream stood; for instances that are gone. */
  dropCursor(instance: InstanceId): void {
    this.dropStream(`instance:${instance}`);
  }

  dropStream(stream: string): void {
    this.#database.run("DELETE FROM cursors WHERE stream = ?", stream);
  }

  removeApp(app: AppName): void {
    this.#database.transaction(() => {
      this.#database.run("DELETE FROM lines WHERE app = ?", app);
      this.#database.run("DELETE FROM usage WHERE app = ?", app);
    });
  }

  close(): void {
    this.#database.close();
  }

  /** Inside the caller's transaction. */
  #insert(lines: StoredBatch["lines"]): void {
    const bytes = new Map<AppName, number>();
    const sql = "INSERT INTO lines (app, at_us, source, instance, text) VALUES (?, ?, ?, ?, ?)";
    for (const line of lines) {
      this.#database.run(sql, line.app, line.atUs, line.source, line.instance, line.text);
      bytes.set(line.app, (bytes.get(line.app) ?? 0) + line.text.length + 1);
    }
    for (const [app, added] of bytes) this.#account(app, added);
  }

  #account(app: AppName, bytes: number): void {
    const sql =
      "INSERT INTO usage VALUES (?, ?) ON CONFLICT (app) DO UPDATE SET bytes = bytes + excluded.bytes RETURNING bytes";
    const used = this.#database.get<{ bytes: number }>(sql, app, bytes)?.bytes ?? 0;
    if (used > APP_BYTES_MAX) this.#prune(app);
  }

  #prune(app: AppName): void {
    let freed = 0;
    while (freed < PRUNE_BYTES) {
      const sql =
        "DELETE FROM lines WHERE id IN (SELECT id FROM lines WHERE app = ? ORDER BY id LIMIT 500) RETURNING length(text) + 1 AS bytes";
      const gone = this.#database.all<{ bytes: number }>(sql, app);
      if (gone.length === 0) break;
      freed += gone.reduce((sum, row) => sum + row.bytes, 0);
    }
    this.#database.run("UPDATE usage SET bytes = max(0, bytes - ?) WHERE app = ?", freed, app);
  }
}

function fromEngine(batch: LogBatch): StoredBatch {
  const source = `app[${batch.name}]`;
  const lines = batch.lines.map((line) => ({ app: batch.app, source, instance: batch.instance, ...line }));
  return { stream: `instance:${batch.instance}`, cursor: batch.cursor, lines };
}

/** `web` selects all instances of the type and what the platform says of them, `web.1` one, `router` the access log. */
function filter(selection: LogSelection): { readonly sql: string; readonly values: readonly string[] } {
  const { app, ps } = selection;
  if (ps === undefined) return { sql: "app = ?", values: [app] };
  if (ps.includes(".") || ps === "router" || ps === "api")
    return { sql: "app = ? AND source IN (?, ?)", values: [app, `app[${ps}]`, `portside[${ps}]`] };
  const prefix = (room: string): string => `${room}[${ps.replaceAll(/[[\]*?]/g, "")}.*]`.replace("[", "[[]");
  return { sql: "app = ? AND (source GLOB ? OR source GLOB ?)", values: [app, prefix("app"), prefix("portside")] };
}

function fromRow(row: Row): LogLine {
  return { id: row.id, atUs: row.at_us, source: row.source, text: row.text };
}
