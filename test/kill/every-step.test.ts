import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { KINDS } from "../../src/control/operations/kinds.ts";
import type { OperationKind } from "../../src/model/operation.ts";
import { eventually, Installation } from "../acceptance/installation.ts";

const LIMIT_MS = 90_000;
const portside = new Installation({ PORTSIDE_PORT: "18290", PORTSIDE_BOOT_TIMEOUT: "60" });
const state = { edition: 1, web: 2, killCount: 0 };

/** An app in which every step of every kind has something to do. */
function files(edition: number): Record<string, string> {
  const hook = (text: string): { command: string } => ({ command: `echo ${text}; sleep 0.2` });
  return {
    Procfile: "web: node server.js\nrelease: echo releasing; sleep 0.2\n",
    "package.json": JSON.stringify({ name: "tiny", private: true, version: "1.0.0" }),
    "app.json": JSON.stringify({
      formation: { web: { max_parallel: 1 } },
      scripts: { postdeploy: hook("once"), dokku: { predeploy: hook("pre > made.txt"), postdeploy: hook("live") } },
      environments: { test: { scripts: { test: hook("testing") } } },
    }),
    ".aptible.yml": [
      "before_deploy: [echo before]",
      ...["deploy", "configure", "scale", "restart"].map((name) => `after_${name}_success: [echo ${name}]`),
    ].join("\n"),
    "server.js": `const edition = ${edition};
      const text = () => JSON.stringify({ edition, release: process.env.PORTSIDE_RELEASE, note: process.env.NOTE });
      const server = require("node:http").createServer((_, response) => response.end(text()));
      server.listen(process.env.PORT, "0.0.0.0");
      process.on("SIGTERM", () => server.close(() => process.exit(0)));`,
  };
}

/** How each kind of operation is asked for; each time it changes something. */
const COMMANDS: Readonly<Partial<Record<OperationKind, () => string[]>>> = {
  deploy: () => ["deploy", portside.folder("shop", files((state.edition += 1)))],
  config: () => ["config:set", `NOTE=${(state.edition += 1)}`, "--app", "shop"],
  scale: () => ["ps:scale", `web=${(state.web = 5 - state.web)}`, "--app", "shop"],
  restart: () => ["ps:restart", "--app", "shop"],
  rollback: () => ["rollback", "--app", "shop"],
};

function query<Row>(sql: string, ...values: (string | number)[]): Row[] {
  const database = new DatabaseSync(portside.home.database, { readOnly: true, timeout: 5_000 });
  try {
    return database.prepare(sql).all(...values) as Row[];
  } finally {
    database.close();
  }
}

const newest = (): number => query<{ id: number }>("SELECT coalesce(max(id), 0) AS id FROM operations")[0]?.id ?? 0;

before(async () => {
  await portside.ok("up", portside.folder("shop", files(1)), "--no-follow");
  await portside.ok("tests:on", "--app", "shop");
  await portside.ok("ps:scale", "web=2", "--app", "shop");
});
after(() => portside.remove());

for (const [kind, command] of Object.entries(COMMANDS)) {
  for (const { name: step } of KINDS[kind as OperationKind].steps) {
    test(`§10 kill -9 in \`${step}\` of a ${kind}: the operation ends, what it says is so, nothing is left over`, async (t) => {
      const before = newest();
      const asked = portside.run(command());
      const started = `SELECT 1 FROM operation_events WHERE operation > ? AND body ->> 'type' = 'stepStarted' AND body ->> 'step' = ?`;
      await eventually(() => (query(started, before, step).length > 0 ? true : undefined), LIMIT_MS);
      process.kill(portside.serverPid(), "SIGKILL");
      state.killCount += 1;
      await portside.ok("up", "--no-deploy", "--no-follow");
      const ended = "SELECT status FROM operations WHERE id = ? AND ended_at IS NOT NULL";
      const [operation] = await eventually(() => {
        const rows = query<{ status: string }>(ended, before + 1);
        return rows.length > 0 ? rows : undefined;
      }, LIMIT_MS);
      assert.equal(operation?.status, "succeeded");
      assert.equal((await asked).exitCode, 0, "whoever followed it learned how it ended");
      await assertAtRest();
      t.diagnostic(`${state.killCount} kills so far`);
    });
  }
}

test("that was every recorded step of these kinds", (t) => {
  const wanted = Object.keys(COMMANDS).flatMap((kind) => KINDS[kind as OperationKind].steps);
  t.diagnostic(`${state.killCount} kill points`);
  assert.equal(state.killCount, wanted.length);
});

async function assertAtRest(): Promise<void> {
  const [app] = query<{ current_release: number }>("SELECT current_release FROM apps");
  const page = await eventually(async () => {
    const shown = JSON.parse((await portside.get("shop")).body) as { release: string };
    return shown.release === `v${app?.current_release}` ? shown : undefined;
  });
  assert.ok(page);
  await eventually(() => {
    const alive = query<{ id: string; phase: string; release: number }>(
      "SELECT id, phase, release FROM instances WHERE phase <> 'stopped'",
    );
    const isRight = alive.every(({ phase, release }) => phase === "serving" && release === app?.current_release);
    const onDisk = readdirSync(portside.home.instances).sort();
    const same =
      onDisk.join() ===
      alive
        .map(({ id }) => id)
        .sort()
        .join();
    return isRight && same && alive.length === state.web ? true : undefined;
  }, LIMIT_MS);
  const held = query("SELECT 1 FROM leases WHERE renewed_at > 0");
  assert.equal(held.length, 0, "a lease is held");
}
