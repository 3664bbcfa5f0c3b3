import type { Database } from "../../lib/sqlite.ts";
import type { AppName } from "../../model/app.ts";
import type { CheckResult, CheckState } from "../../model/check-result.ts";
import type { InstanceId } from "../../model/instance.ts";

type Row = {
  readonly instance: string;
  readonly check_index: number;
  readonly state: string;
  readonly attempts: number;
  readonly detail: string;
  readonly at: number;
};

const DETAIL_CHARS_MAX = 1_000;

/** Table `check_results`. Rows go with their instance's. */
export class CheckRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `unroutes`: whether its instance is to be out of the routes because of it. */
  set(result: CheckResult, unroutes: boolean): void {
    this.#database.run(
      "INSERT OR REPLACE INTO check_results (instance, check_index, state, attempts, detail, at, unroutes) VALUES (?, ?, ?, ?, ?, ?, ?)",
      result.instance,
      result.check,
      result.state,
      result.attempts,
      result.detail.slice(0, DETAIL_CHARS_MAX),
      result.at,
      unroutes ? 1 : 0,
    );
  }

  /** Of one instance, by position. */
  of(instance: InstanceId): readonly CheckResult[] {
    const sql = "SELECT * FROM check_results WHERE instance = ? ORDER BY check_index";
    return this.#database.all<Row>(sql, instance).map((row) => ({
      instance: row.instance,
      check: row.check_index,
      state: row.state as CheckState,
      attempts: row.attempts,
      detail: row.detail,
      at: row.at,
    }));
  }

  /** Instances of an app that a readiness check keeps out of the routes. */
  notReady(app: AppName): ReadonlySet<InstanceId> {
    const sql =
      "SELECT DISTINCT check_results.instance AS id FROM check_results JOIN instances ON instances.id = check_results.instance WHERE instances.app = ? AND unroutes = 1";
    return new Set(this.#database.all<{ id: string }>(sql, app).map(({ id }) => id));
  }
}
