import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppName } from "../model/app.ts";
import type { Route, RouteTarget } from "../model/route-table.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { LiveTable } from "./live-table.ts";

function target(instance: string, port = 1): RouteTarget {
  return { instance, name: "web.1", host: "127.0.0.1", port };
}

function route(app: string, ...targets: RouteTarget[]): Route {
  return { app: app as AppName, hosts: [app], state: "serving", targets };
}

function liveTable(): { table: LiveTable; swaps: number[]; swap: (version: number, ...routes: Route[]) => void } {
  const swaps: number[] = [];
  const table: LiveTable = new LiveTable(DEFAULT_LIMITS, () => swaps.push(table.version));
  return { table, swaps, swap: (version, ...routes) => table.swap({ schema: 1, version, routes }) };
}

function carry(table: LiveTable, host: string): { cutCount: number; leave: () => void } {
  const instance = table.find(host)?.instances[0];
  const carried = { cutCount: 0, leave: () => instance?.leave(each), cut: () => undefined as void };
  const each = { cut: () => void (carried.cutCount += 1) };
  instance?.enter(each);
  return carried;
}

test("router §7 a swap is one step and is told after it", () => {
  const { table, swaps, swap } = liveTable();
  assert.equal(table.version, 0);
  assert.equal(table.find("a"), undefined);
  swap(3, route("a", target("i")));
  assert.deepEqual(swaps, [3]);
  assert.equal(table.find("a")?.instances[0]?.target.instance, "i");
  swap(2, route("b"));
  assert.equal(table.find("a"), undefined);
  assert.deepEqual(table.find("b")?.instances, []);
});

test("router §7 an instance in both tables stays the same, one on a new port does not", () => {
  const { table, swap } = liveTable();
  swap(1, route("a", target("i"), target("j")));
  const [i, j] = table.find("a")?.instances ?? [];
  swap(2, route("a", target("j", 2), target("i")));
  const [newJ, sameI] = table.find("a")?.instances ?? [];
  assert.equal(sameI, i);
  assert.notEqual(newJ, j);
  assert.deepEqual([i?.hasDeparted, j?.hasDeparted, newJ?.hasDeparted], [false, true, false]);
});

test("router §7 what left the table is counted until it carries nothing, and takes nothing new", () => {
  const { table, swap } = liveTable();
  swap(1, route("a", target("old")));
  const old = table.find("a")?.instances[0];
  const first = carry(table, "a");
  const second = carry(table, "a");
  swap(2, route("a", target("new")));
  assert.deepEqual(table.active(), { old: 2 });
  assert.equal(old?.accepts(0), false);
  carry(table, "a");
  first.leave();
  first.leave();
  assert.deepEqual(table.active(), { old: 1, new: 1 });
  second.leave();
  assert.deepEqual(table.active(), { new: 1 });
});

test("contract §10 a cut reaches what the named instances carry, departed or not, and nothing else", () => {
  const { table, swap } = liveTable();
  swap(1, route("a", target("old")), route("b", target("other")));
  const onOld = carry(table, "a");
  const onOther = carry(table, "b");
  swap(2, route("a", target("new")), route("b", target("other")));
  assert.equal(table.cut(["old", "unknown"]), 1);
  assert.deepEqual([onOld.cutCount, onOther.cutCount], [1, 0]);
  assert.equal(table.cut(["other"]), 1);
});

test("router §5 quarantine doubles up to its limit, lets one probe, ends with a connect", () => {
  const { table, swap } = liveTable();
  swap(1, route("a", target("i")));
  const instance = table.find("a")?.instances[0];
  assert.ok(instance !== undefined);
  let nowMs = 0;
  const quarantines = Array.from({ length: 7 }, () => {
    const startedAtMs = nowMs;
    nowMs += 1;
    instance.refused(startedAtMs, nowMs);
    instance.refused(startedAtMs, nowMs);
    let waitedMs = 0;
    while (!instance.accepts(nowMs + waitedMs)) waitedMs += 250;
    nowMs += waitedMs;
    return waitedMs;
  });
  assert.deepEqual(quarantines, [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  instance.beginAttempt(nowMs);
  assert.equal(instance.accepts(nowMs), false, "others wait for the probe");
  instance.connected();
  assert.equal(instance.accepts(nowMs), true);
  instance.beginAttempt(nowMs);
  assert.equal(instance.accepts(nowMs), true);
});
