import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppName } from "../model/app.ts";
import { chooseInstance, type Choosable } from "./balancer.ts";
import { hostName, indexByHost } from "./route-match.ts";
import { WaitingLine } from "./waiting-line.ts";

const HOSTS: readonly [string, string][] = [
  ["shop.example", "shop.example"],
  ["SHOP.Example:8080", "shop.example"],
  ["shop.example:", "shop.example"],
  ["shop.example.", "shop.example"],
  ["shop.example.:80", "shop.example"],
  ["[::1]:80", "[::1]"],
  ["[::1]", "[::1]"],
  ["shop.example:80x", "shop.example:80x"],
  ["", ""],
];
for (const [raw, expected] of HOSTS)
  test(`§11 host ${JSON.stringify(raw)}`, () => assert.equal(hostName(raw), expected));

test("§11 each host leads to its route only", () => {
  const index = indexByHost([{ hosts: ["a", "b"] }, { hosts: ["c"] }, { hosts: [] }]);
  assert.deepEqual([...index.keys()], ["a", "b", "c"]);
  assert.equal(index.get("__proto__"), undefined);
});

function sequence(...values: number[]): { bytes(count: number): Buffer } {
  return {
    bytes: () => {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16BE(values.shift() ?? 0);
      return bytes;
    },
  };
}

const choosable = (activeCount: number, isOpen = true): Choosable => ({ activeCount, accepts: () => isOpen });

test("router §5 of two random instances the less busy one", () => {
  const instances = [choosable(5), choosable(1), choosable(3)];
  assert.equal(chooseInstance(instances, 0, sequence(0, 0)), instances[1]);
  assert.equal(chooseInstance(instances, 0, sequence(0, 1)), instances[2]);
  assert.equal(chooseInstance(instances, 0, sequence(1, 1)), instances[1]);
});

test("router §5 only instances that accept; none is undefined", () => {
  const open = choosable(9);
  assert.equal(chooseInstance([choosable(0, false), open], 0, sequence()), open);
  assert.equal(chooseInstance([choosable(0, false)], 0, sequence()), undefined);
  assert.equal(chooseInstance([], 0, sequence()), undefined);
});

test("router §1 who waits looks in order, leaves when it succeeds, keeps its place when not", () => {
  const line = new WaitingLine(60_000);
  const app = "shop" as AppName;
  const looked: string[] = [];
  const results: Record<string, boolean> = { one: false, two: true, three: false };
  for (const name of Object.keys(results)) line.join(app, () => (looked.push(name), results[name] ?? false));
  const leave = line.join("blog" as AppName, () => false);
  assert.equal(line.length(app), 3);
  line.wake();
  assert.deepEqual(looked, ["one", "two", "three"]);
  assert.equal(line.length(app), 2);
  assert.equal(line.length("blog" as AppName), 1);
  leave();
  leave();
  assert.equal(line.length("blog" as AppName), 0);
  results["one"] = true;
  results["three"] = true;
  line.wake();
  assert.equal(line.length(app), 0);
  line.wake();
  assert.deepEqual(looked, ["one", "two", "three", "one", "three"]);
});
