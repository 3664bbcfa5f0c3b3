import { createHmac } from "node:crypto";
import type { Random } from "../../lib/random.ts";
import { reveal, secret, type Secret } from "../../lib/secret.ts";
import type { Database } from "../../lib/sqlite.ts";
import type { AppName } from "../../model/app.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { KEY_BYTES, open, seal } from "../config/cipher.ts";

type Values = Readonly<Record<string, Secret>>;

/**
 * Table `config_values`: every version of an app's config, whole, sealed value by value under the app's data key,
 * which the master key wraps. Version 0 is the empty config of a new app. Contract §4.
 */
export class ConfigRows {
  readonly #database: Database;
  readonly #masterKey: Buffer;
  readonly #random: Random;

  constructor(database: Database, masterKey: Buffer, random: Random) {
    this.#database = database;
    this.#masterKey = masterKey;
    this.#random = random;
  }

  /** A new app's data key, wrapped. */
  newDataKey(app: AppName): Uint8Array {
    return seal(this.#masterKey, { context: `data-key:${app}`, plain: this.#random.bytes(KEY_BYTES) }, this.#random);
  }

  /** By name, in byte order. Throws E_MASTER_KEY when a box does not open. */
  read(app: AppName, version: number): Values {
    const key = this.#dataKey(app);
    const rows = this.#database.all<{ name: string; box: Uint8Array }>(
      "SELECT name, box FROM config_values WHERE app = ? AND version = ? ORDER BY name",
      app,
      version,
    );
    return Object.fromEntries(
      rows.map((row) => [row.name, secret(openBox(key, `${app}:${row.name}`, row.box).toString())]),
    );
  }

  /** Writes a whole new version and gives its number. */
  write(app: AppName, values: Values): number {
    const key = this.#dataKey(app);
    return this.#database.transaction(() => {
      const version = this.#newestVersion(app) + 1;
      for (const [name, value] of Object.entries(values)) {
        const plain = Buffer.from(reveal(value, "encryption at rest"));
        const box = seal(key, { context: `${app}:${name}`, plain }, this.#random);
        this.#database.run("INSERT INTO config_values VALUES (?, ?, ?, ?)", app, version, name, box);
      }
      this.#database.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", versionName(app), String(version));
      return version;
    });
  }

  /** A keyed hash of a version's names and values: equal configs have equal ones, and nobody can guess values from it. */
  digest(app: AppName, version: number): string {
    const hmac = createHmac("sha256", this.#dataKey(app));
    for (const [name, value] of Object.entries(this.read(app, version)))
      hmac.update(JSON.stringify([name, reveal(value, "keyed hash")]));
    return hmac.digest("hex");
  }

  /** Seals values that wait inside a stored request. */
  sealRequest(app: AppName, values: Readonly<Record<string, Secret | null>>): Record<string, string | null> {
    const key = this.#dataKey(app);
    const box = (name: string, value: Secret): string => {
      const plain = Buffer.from(reveal(value, "encryption at rest"));
      return seal(key, { context: `request:${app}:${name}`, plain }, this.#random).toString("base64");
    };
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, value === null ? null : box(name, value)]),
    );
  }

  openRequest(app: AppName, sealed: Readonly<Record<string, string | null>>): Record<string, Secret | null> {
    const key = this.#dataKey(app);
    const value = (name: string, box: string): Secret =>
      secret(openBox(key, `request:${app}:${name}`, Buffer.from(box, "base64")).toString());
    return Object.fromEntries(
      Object.entries(sealed).map(([name, box]) => [name, box === null ? null : value(name, box)]),
    );
  }

  /** Kept outside the rows, so that a version whose config is empty still counts. */
  #newestVersion(app: AppName): number {
    return Number(
      this.#database.get<{ value: string }>("SELECT value FROM meta WHERE name = ?", versionName(app))?.value ?? 0,
    );
  }

  #dataKey(app: AppName): Buffer {
    const row = this.#database.get<{ data_key: Uint8Array }>("SELECT data_key FROM apps WHERE name = ?", app);
    if (row === undefined) throw new PortsideError("E_APP_UNKNOWN", { app });
    return openBox(this.#masterKey, `data-key:${app}`, row.data_key);
  }
}

function versionName(app: AppName): string {
  return `config_version:${app}`;
}

function openBox(key: Uint8Array, context: string, box: Uint8Array): Buffer {
  try {
    return open(key, context, box);
  } catch (error) {
    throw new PortsideError("E_MASTER_KEY", { problem: "a stored value does not open with it" }, { cause: error });
  }
}
