import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../lib/fake-clock.ts";
import { Database } from "../../lib/sqlite.ts";
import type { AppName } from "../../model/app.ts";
import { Leases } from "./leases.ts";
import { migrate } from "./migrate.ts";

const SHOP = "shop" as AppName;

test("orchestrator: one lease an app, renewed, void after a while, fenced by its token", async () => {
  const clock = new FakeClock();
  const database = new Database(":memory:", { synchronous: "NORMAL" });
  migrate(database, { path: ":memory:", clock });
  const [one, two] = [new Leases(database, clock, "one"), new Leases(database, clock, "two")];
  const first = one.take(SHOP, 1);
  assert.ok(first);
  assert.equal(two.take(SHOP, 2), undefined);
  await clock.advance(20_000);
  assert.equal(one.renew(first), true);
  await clock.advance(20_000);
  assert.equal(two.take(SHOP, 2), undefined, "renewed");
  await clock.advance(20_000);
  const second = two.take(SHOP, 2);
  assert.ok(second && second.token > first.token);
  assert.equal(one.renew(first), false, "the late holder learns that it lost");
  assert.throws(() => one.assertHeld(first), /another's/, "and cannot write any more");
  one.assertHeld(second);
  one.release(first);
  assert.equal(two.renew(second), true, "and cannot release what is not its own");
  two.release(second);
  assert.deepEqual(one.held(), []);
  assert.ok((one.take(SHOP, 3)?.token ?? 0) > second.token);
  two.voidOthers();
  assert.ok(two.take(SHOP, 4), "the holder of the home's lock takes over at once");
  database.close();
});
