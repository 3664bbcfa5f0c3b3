import assert from "node:assert/strict";
import { test } from "node:test";
import type { Digest } from "../../model/source.ts";
import { planCollection, type CollectionInput } from "./plan-collection.ts";

const digest = (name: string): Digest => `sha256:${name}`;
const stored = ["a", "b", "c", "d"].map((name, index) => ({ digest: digest(name), sizeBytes: 10, usedAt: index }));
const ALL: CollectionInput = { stored, inUse: new Set(), wanted: [], keepFrom: 100, bytesMax: 1_000 };

const CASES: readonly [title: string, input: Partial<CollectionInput>, gone: string][] = [
  ["what nobody uses or wants goes", {}, "abcd"],
  ["what is in use stays, whatever it weighs", { inUse: new Set([digest("a"), digest("b")]), bytesMax: 0 }, "cd"],
  ["what is wanted stays", { wanted: [digest("c"), digest("a")] }, "bd"],
  ["over the limit the least wanted goes first", { wanted: [digest("c"), digest("a")], bytesMax: 15 }, "abd"],
  ["a wanted one that something in use needs stays too", { wanted: [digest("c")], bytesMax: 0 }, "abcd"],
  ["what is young stays", { keepFrom: 2 }, "ab"],
  [
    "what a kept one needs stays with it",
    {
      stored: stored.map((one) => (one.digest === digest("d") ? { ...one, needs: digest("a") } : one)),
      inUse: new Set([digest("d")]),
    },
    "bc",
  ],
];

for (const [title, input, gone] of CASES)
  test(`retention: ${title}`, () => {
    const plan = planCollection({ ...ALL, ...input });
    assert.equal(plan.map((one) => one.digest.slice("sha256:".length)).join(""), gone);
  });
