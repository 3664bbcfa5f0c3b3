import { DatabaseSync, type StatementSync } from "node:sqlite";

/** What a column can hold. */
export type SqlValue = string | number | null | Uint8Array;

/** SQLite result code of "database or disk is full". */
const SQLITE_FULL = 13;
const SQLITE_BUSY = 5;

/**
 * A thin layer over node:sqlite: prepared statements are kept, parameters are counted (a missing one would become NULL
 * in silence), rows are plain objects, transactions nest.
 */
export class Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, { statement: StatementSync; parameterCount: number }>();
  #depth = 0;

  constructor(path: string, options: { readonly synchronous: "FULL" | "NORMAL"; readonly busyTimeoutMs?: number }) {
    this.#database = new DatabaseSync(path, { timeout: options.busyTimeoutMs ?? 5_000 });
    this.#database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.synchronous}; PRAGMA foreign_keys = ON;`,
    );
  }

  /** Runs a script of several statements without parameters. */
  script(sql: string): void {
    this.#database.exec(sql);
  }

  /** Gives the number of changed rows and the last row id. */
  run(sql: string, ...values: SqlValue[]): { changes: number; lastId: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql, values).run(...values);
    return { changes: Number(changes), lastId: Number(lastInsertRowid) };
  }

  /** The first row, or `undefined`. The caller states the row's type: it knows the columns it asked for. */
  get<Row extends object>(sql: string, ...values: SqlValue[]): Row | undefined {
    const row = this.#prepare(sql, values).get(...values);
    return row === undefined ? undefined : ({ ...row } as Row);
  }

  all<Row extends object>(sql: string, ...values: SqlValue[]): Row[] {
    return this.#prepare(sql, values)
      .all(...values)
      .map((row) => ({ ...row }) as Row);
  }

  /** All or nothing. Inside another transaction it just joins in. */
  transaction<T>(body: () => T): T {
    if (this.#depth > 0) return body();
    this.#database.exec("BEGIN IMMEDIATE");
    this.#depth += 1;
    try {
      const result = body();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string, values: readonly SqlValue[]): StatementSync {
    let entry = this.#statements.get(sql);
    if (entry === undefined) {
      entry = { statement: this.#database.prepare(sql), parameterCount: sql.split("?").length - 1 };
      this.#statements.set(sql, entry);
    }
    if (entry.parameterCount !== values.length) {
      throw new Error(`${entry.parameterCount} parameters expected, ${values.length} given: ${sql}`);
    }
    return entry.statement;
  }
}

/** Whether SQLite refused because the disk is full. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_FULL;
}

/**
 * Takes a lock that the operating system gives back when this process ends, however it ends.
 * Gives `undefined` when another process holds it. The file is an SQLite database without content.
 */
export function tryLock(path: string): { release: () => void } | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;");
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}
