import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { FakeClock } from "../lib/fake-clock.ts";
import { copyTree } from "../lib/tree.ts";
import type { Artifact } from "../model/artifact.ts";
import { digestHex, type Digest } from "../model/source.ts";
import { ArtifactStore } from "./artifact-store.ts";
import { deriveArtifact } from "./derive-artifact.ts";
import { BuildBench } from "./testing/build-bench.ts";

const signal = new AbortController().signal;
const clock = new FakeClock();
const DIGEST: Digest = `sha256:${"a".repeat(64)}`;
let bench: BuildBench;
let store: ArtifactStore;
let base: Artifact;

beforeEach(() => {
  bench = new BuildBench();
  store = new ArtifactStore(join(bench.root, "artifacts"));
  bench.write({ "app/index.js": "1", "layers/lib/x": "layer" }, join("artifacts", digestHex(DIGEST)));
  const directory = store.directoryOf(DIGEST);
  base = {
    digest: DIGEST,
    form: "slug",
    directory,
    processes: [
      {
        type: "web",
        command: [`node ${directory}/app/index.js`],
        args: [],
        direct: false,
        default: true,
        buildpackId: "x",
        workingDir: `${directory}/app`,
      },
    ],
    launchPlan: { steps: [{ kind: "pathDirectory", name: "PATH", directory: `${directory}/layers/lib` }] },
    buildpacks: [],
    builtAt: 1,
    sizeBytes: 2,
  };
  store.commit(base);
});
afterEach(() => bench.dispose());

function derive(change: (app: string) => void): Promise<Artifact> {
  const writeApp = async (directory: string): Promise<void> => {
    await copyTree(join(base.directory, "app"), directory, { mode: "copy", signal });
    change(directory);
  };
  return deriveArtifact(store, clock, { base, writeApp, signal });
}

const names = (): string[] => readdirSync(join(bench.root, "artifacts")).sort();

test("§6 predeploy: nothing changed is the artifact itself, and nothing is left behind", async () => {
  assert.deepEqual(await derive(() => undefined), base);
  assert.deepEqual(names(), [digestHex(DIGEST)]);
});

test("§6 predeploy: changes make another artifact, named by what they are; the first one stays as it was", async () => {
  const derived = await derive((app) => writeFileSync(join(app, "made"), "by predeploy"));
  assert.notEqual(derived.digest, base.digest);
  assert.equal(derived.derivedFrom, base.digest);
  assert.equal(readFileSync(join(derived.directory, "app/made"), "utf8"), "by predeploy");
  assert.equal(readFileSync(join(derived.directory, "layers/lib/x"), "utf8"), "layer");
  assert.equal(realpathSync(join(derived.directory, "layers")), join(base.directory, "layers"));
  assert.ok(!existsSync(join(base.directory, "app/made")));
  assert.deepEqual(store.find(derived.digest), derived);
  assert.equal(derived.processes[0]?.workingDir, join(derived.directory, "app"));
  assert.deepEqual(derived.launchPlan, base.launchPlan, "layers are the first one's own");
  assert.deepEqual(await derive((app) => writeFileSync(join(app, "made"), "by predeploy")), derived);
  assert.notEqual((await derive((app) => writeFileSync(join(app, "made"), "otherwise"))).digest, derived.digest);
  assert.equal(names().length, 3);
});

test("§6 predeploy: a removed file, a mode, an empty directory and a link are changes too", async () => {
  const changes: ((app: string) => void)[] = [
    (app) => rmSync(join(app, "index.js")),
    (app) => writeFileSync(join(app, "run"), "", { mode: 0o755 }),
    (app) => writeFileSync(join(app, "run"), "", { mode: 0o644 }),
    (app) => mkdirSync(join(app, "empty")),
  ];
  const digests = new Set<string>([base.digest]);
  for (const change of changes) digests.add((await derive(change)).digest);
  assert.equal(digests.size, 5);
});

test("a failure leaves nothing behind; what a crash left is swept", async () => {
  await assert.rejects(
    derive(() => {
      throw new Error("no luck");
    }),
    /no luck/,
  );
  assert.deepEqual(names(), [digestHex(DIGEST)]);
  store.newStaging();
  store.sweep();
  assert.deepEqual(names(), [digestHex(DIGEST)]);
});
