import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Artifact } from "../model/artifact.ts";
import { digestHex, type Digest } from "../model/source.ts";
import { ArtifactStore, artifactDigestOf } from "./artifact-store.ts";
import { BuildBench } from "./testing/build-bench.ts";

let bench: BuildBench;
let store: ArtifactStore;
beforeEach(() => {
  bench = new BuildBench();
  store = new ArtifactStore(join(bench.root, "artifacts"));
});
afterEach(() => bench.dispose());

const digestOf = (digit: string): Digest => `sha256:${digit.repeat(64)}`;
const artifact = (digest: Digest): Artifact => ({
  digest,
  form: "slug",
  directory: store.directoryOf(digest),
  processes: [],
  launchPlan: { steps: [{ kind: "env", name: "A", action: "override", value: "é\n", delimiter: "" }] },
  buildpacks: [],
  builtAt: 1,
  sizeBytes: 2,
});
const makeDirectory = (digest: Digest): string => bench.write({ "app/f": "" }, join("artifacts", digestHex(digest)));

test("found whole once committed, gone once removed", () => {
  const one = artifact(digestOf("1"));
  makeDirectory(one.digest);
  assert.equal(store.find(one.digest), undefined);
  store.commit(one);
  assert.deepEqual(store.find(one.digest), one);
  store.remove(one.digest);
  assert.deepEqual([store.find(one.digest), existsSync(one.directory)], [undefined, false]);
  store.remove(one.digest);
});

test("sweep removes directories without artifact.json alone; a store that is not there yet is fine", () => {
  store.sweep();
  const kept = artifact(digestOf("1"));
  makeDirectory(kept.digest);
  store.commit(kept);
  makeDirectory(digestOf("2"));
  store.sweep();
  assert.deepEqual(readdirSync(join(bench.root, "artifacts")), [digestHex(kept.digest)]);
});

describe("digest (contract §10)", () => {
  test("of the parts, not of their order", () => {
    assert.equal(artifactDigestOf({ a: "1", b: ["2"] }), artifactDigestOf({ b: ["2"], a: "1" }));
    assert.match(artifactDigestOf({}), /^sha256:[0-9a-f]{64}$/);
  });
  test("moves with every part; parts cannot pass for each other", () => {
    const all = [
      { a: "1" },
      { a: "2" },
      { b: "1" },
      { a: ["1"] },
      { a: ["1", ""] },
      { a: ["", "1"] },
      { a: "1", b: "" },
    ];
    assert.equal(new Set(all.map((parts) => artifactDigestOf(parts))).size, all.length);
  });
});
