import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { test } from "node:test";
import { systemClock } from "../../lib/clock.ts";
import { systemRandom } from "../../lib/random.ts";
import { reveal, secret } from "../../lib/secret.ts";
import { Database } from "../../lib/sqlite.ts";
import type { EnvDeclaration } from "../../model/app-contract.ts";
import type { AppName } from "../../model/app.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { openStore, type Store } from "../store/store.ts";
import { open, seal } from "./cipher.ts";
import { checkConfigVar } from "./config-vars.ts";
import { decideDeclaredEnv } from "./declared-env.ts";

const WORLD = { clock: systemClock, random: systemRandom };
const APP = "shop" as AppName;

function withHome(body: (paths: { database: string; masterKey: string; root: string }) => void): void {
  const root = mkdtempSync(join(tmpdir(), "portside-config-"));
  try {
    body({ root, database: join(root, "portside.db"), masterKey: join(root, "master.key") });
  } finally {
    rmSync(root, { recursive: true });
  }
}

function withApp(store: Store): void {
  store.apps.insert({ name: APP, origin: "/shop", createdAt: 0, dataKey: store.config.newDataKey(APP) });
}

function codeOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    return error instanceof PortsideError ? error.code : String(error);
  }
  return "nothing thrown";
}

test("§4 a sealed value opens only with its key and in its place", () => {
  const key = systemRandom.bytes(32);
  const box = seal(key, { context: "shop:A", plain: Buffer.from("canary") }, systemRandom);
  assert.equal(open(key, "shop:A", box).toString(), "canary");
  assert.throws(() => open(key, "shop:B", box));
  assert.throws(() => open(systemRandom.bytes(32), "shop:A", box));
  for (let byte = 0; byte < box.length; byte += 1) {
    const flipped = Buffer.from(box);
    flipped[byte] = (flipped[byte] ?? 0) ^ 1;
    assert.throws(() => open(key, "shop:A", flipped));
  }
  assert.notDeepEqual(seal(key, { context: "shop:A", plain: Buffer.from("canary") }, systemRandom), box);
});

test("§4 values come back byte for byte and never lie in clear in the database", () => {
  withHome((paths) => {
    const store = openStore(paths, WORLD);
    withApp(store);
    const values = { A: "canary-value", B: "line\nbreak $X `y` ü \u{1F600}", EMPTY: "" };
    const version = store.config.write(
      APP,
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, secret(value)])),
    );
    const read = store.config.read(APP, version);
    assert.deepEqual(
      Object.fromEntries(Object.entries(read).map(([name, value]) => [name, reveal(value, "test")])),
      values,
    );
    assert.ok(!inspect(read).includes("canary"));
    assert.ok(!JSON.stringify(read).includes("canary"));
    store.close();
    assert.ok(!readFileSync(paths.database).includes("canary-value"));
    assert.equal(statSync(paths.masterKey).mode & 0o777, 0o600);
  });
});

test("§4 a version with no value is a version too", () => {
  withHome((paths) => {
    const store = openStore(paths, WORLD);
    withApp(store);
    const first = store.config.write(APP, { A: secret("1") });
    const second = store.config.write(APP, {});
    const third = store.config.write(APP, { A: secret("2") });
    assert.deepEqual([second - first, third - second], [1, 1]);
    assert.deepEqual(Object.keys(store.config.read(APP, second)), []);
    store.close();
  });
});

test("§4 a wrong, missing or malformed master key is a refusal to start, never a value", () => {
  withHome((paths) => {
    openStore(paths, WORLD).close();
    const key = readFileSync(paths.masterKey, "utf8");
    for (const wrong of ["ab".repeat(32), "00".repeat(32), "changeme", ""]) {
      writeFileSync(paths.masterKey, wrong);
      assert.equal(
        codeOf(() => openStore(paths, WORLD)),
        "E_MASTER_KEY",
        wrong,
      );
    }
    rmSync(paths.masterKey);
    assert.equal(
      codeOf(() => openStore(paths, WORLD)),
      "E_MASTER_KEY",
    );
    writeFileSync(paths.masterKey, key);
    openStore(paths, WORLD).close();
  });
});

test("store: a newer database and a changed migration are refused", () => {
  withHome((paths) => {
    openStore(paths, WORLD).close();
    const database = new Database(paths.database, { synchronous: "NORMAL" });
    database.run("INSERT INTO migrations VALUES (99, 'x', 'x', 0)");
    assert.equal(
      codeOf(() => openStore(paths, WORLD)),
      "E_DATABASE_NEWER",
    );
    database.run("DELETE FROM migrations WHERE number = 99");
    database.run("UPDATE migrations SET sha256 = 'other'");
    assert.equal(
      codeOf(() => openStore(paths, WORLD)),
      "E_DATABASE_CHANGED",
    );
    database.close();
  });
});

const declared = (declaration: Partial<EnvDeclaration>): EnvDeclaration => ({
  required: true,
  sync: false,
  ...declaration,
});
const ENV_CASES: readonly (readonly [
  string,
  EnvDeclaration,
  { has?: boolean; handled?: boolean },
  "set" | "generated" | "missing" | "left",
])[] = [
  ["a value is set", declared({ value: "x" }), {}, "set"],
  ["an empty value is a value", declared({ value: "" }), {}, "set"],
  ["what has a value is left alone", declared({ value: "x" }), { has: true }, "left"],
  ["unless synced", declared({ value: "x", sync: true }), { has: true }, "set"],
  ["handled and then unset stays unset", declared({ value: "x" }), { handled: true }, "left"],
  ["a secret is generated", declared({ generator: "secret" }), {}, "generated"],
  ["once, also with sync", declared({ generator: "secret", sync: true }), { has: true }, "left"],
  ["and not again after an unset", declared({ generator: "secret", sync: true }), { handled: true }, "left"],
  ["required without value fails", declared({}), {}, "missing"],
  ["optional is skipped", declared({ required: false }), {}, "left"],
];

for (const [title, declaration, { has = false, handled = false }, expected] of ENV_CASES) {
  test(`§4 app.json env: ${title}`, () => {
    const decision = decideDeclaredEnv({
      declared: { A: declaration },
      current: has ? { A: "held" } : {},
      handledBefore: handled ? ["A"] : [],
      random: systemRandom,
    });
    const found =
      "A" in decision.set
        ? "set"
        : "A" in decision.generated
          ? "generated"
          : decision.missing.includes("A")
            ? "missing"
            : "left";
    assert.equal(found, expected);
    if (expected === "generated") assert.match(decision.generated["A"] ?? "", /^[0-9a-f]{64}$/);
    assert.equal(decision.handled.includes("A"), expected !== "missing");
  });
}

for (const [name, value, code] of [
  ["A", "x", "nothing thrown"],
  ["_a1", "", "nothing thrown"],
  ["A", null, "nothing thrown"],
  ["1A", "x", "E_CONFIG_NAME"],
  ["A-B", "x", "E_CONFIG_NAME"],
  ["", "x", "E_CONFIG_NAME"],
  ["PORT", "1", "E_CONFIG_NAME"],
  ["PORTSIDE_X", "1", "E_CONFIG_NAME"],
  ["A", "x\0y", "E_CONFIG_VALUE"],
  ["A", "x".repeat(64 * 1024), "nothing thrown"],
  ["A", "x".repeat(64 * 1024 + 1), "E_CONFIG_VALUE"],
] as const) {
  test(`§4 config:set ${name}=${value?.slice(0, 5) ?? "(unset)"} (${value?.length ?? 0} characters): ${code}`, () => {
    assert.equal(
      codeOf(() => checkConfigVar(name, value)),
      code,
    );
  });
}
