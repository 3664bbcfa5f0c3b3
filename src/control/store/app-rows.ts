import type { Database } from "../../lib/sqlite.ts";
import type { App, AppName } from "../../model/app.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { DEFAULT_SETTINGS, type AppSettings } from "../../model/app-settings.ts";
import type { Formation } from "../../model/formation.ts";

type Row = {
  readonly name: string;
  readonly origin: string;
  readonly created_at: number;
  readonly current_release: number | null;
  readonly config_version: number;
  readonly handled_env: string;
  readonly formation: string;
  readonly buildpacks: string;
  readonly path: string;
  readonly settings: string;
  readonly postdeploy_done: number;
};

/** An app with what only control needs to know of it. */
export type AppRecord = App & {
  readonly configVersion: number;
  /** Names of app.json's `env` that were decided on an earlier deploy. */
  readonly handledEnv: readonly string[];
  readonly formation: Formation;
  /** References as its owner named them; empty: its files or detection decide. Contract §3. */
  readonly buildpacks: readonly string[];
  /** Its directory in the source, plain and relative; empty: all of it. Contract §1. */
  readonly path: string;
  readonly settings: AppSettings;
  /** `scripts.postdeploy` has succeeded once. */
  readonly isPostdeployDone: boolean;
};

/** Table `apps`. */
export class AppRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(name: AppName): AppRecord | undefined {
    const row = this.#database.get<Row>("SELECT * FROM apps WHERE name = ?", name);
    return row === undefined ? undefined : fromRow(row);
  }

  /** Throws E_APP_UNKNOWN. */
  get(name: AppName): AppRecord {
    const app = this.find(name);
    if (app === undefined) throw new PortsideError("E_APP_UNKNOWN", { app: name });
    return app;
  }

  /** By name. */
  list(): readonly AppRecord[] {
    return this.#database.all<Row>("SELECT * FROM apps ORDER BY name").map(fromRow);
  }

  insert(app: {
    readonly name: AppName;
    readonly origin: string;
    readonly createdAt: number;
    readonly dataKey: Uint8Array;
  }): void {
    const sql =
      "INSERT INTO apps (name, origin, created_at, config_version, data_key, handled_env, formation) VALUES (?, ?, ?, 0, ?, '[]', '{}')";
    this.#database.run(sql, app.name, app.origin, app.createdAt, app.dataKey);
  }

  /** `currentRelease: null` says that none serves. */
  update(
    name: AppName,
    change: Partial<
      Pick<
        AppRecord,
        | "origin"
        | "configVersion"
        | "handledEnv"
        | "formation"
        | "buildpacks"
        | "path"
        | "settings"
        | "isPostdeployDone"
      >
    > & {
      readonly currentRelease?: number | null;
    },
  ): void {
    const next = { ...this.get(name), ...change };
    this.#database.run(
      "UPDATE apps SET origin = ?, current_release = ?, config_version = ?, handled_env = ?, formation = ?, buildpacks = ?, path = ?, settings = ?, postdeploy_done = ? WHERE name = ?",
      next.origin,
      next.currentRelease ?? null,
      next.configVersion,
      JSON.stringify(next.handledEnv),
      JSON.stringify(next.formation),
      JSON.stringify(next.buildpacks),
      next.path,
      JSON.stringify(next.settings),
      next.isPostdeployDone ? 1 : 0,
      name,
    );
  }

  /** With its config, releases and instances. */
  remove(name: AppName): void {
    this.#database.run("DELETE FROM apps WHERE name = ?", name);
  }
}

function fromRow(row: Row): AppRecord {
  return {
    // Names were checked before they were stored.
    name: row.name as AppName,
    origin: row.origin,
    createdAt: row.created_at,
    ...(row.current_release === null ? {} : { currentRelease: row.current_release }),
    configVersion: row.config_version,
    handledEnv: JSON.parse(row.handled_env) as string[],
    formation: JSON.parse(row.formation) as Formation,
    buildpacks: JSON.parse(row.buildpacks) as string[],
    path: row.path,
    settings: { ...DEFAULT_SETTINGS, ...(JSON.parse(row.settings) as Partial<AppSettings>) },
    isPostdeployDone: row.postdeploy_done === 1,
  };
}
