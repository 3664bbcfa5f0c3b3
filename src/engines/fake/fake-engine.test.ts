import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../lib/fake-clock.ts";
import { secret } from "../../lib/secret.ts";
import type { AppName } from "../../model/app.ts";
import type { InstanceSpec, LogBatch, LogSink } from "../engine.ts";
import { FakeEngine } from "./fake-engine.ts";
import { FakeMachine } from "./fake-machine.ts";

const never = new AbortController().signal;

function specOf(behaviour: string, change: Partial<InstanceSpec> = {}): InstanceSpec {
  const process = { type: "web", command: [behaviour], args: [], direct: false, default: true, buildpackId: "test" };
  const artifact = {
    digest: `sha256:${"0".repeat(64)}`,
    form: "slug",
    directory: "/nowhere",
    processes: [process],
    launchPlan: { steps: [] },
    buildpacks: [],
    builtAt: 0,
    sizeBytes: 0,
  } as const;
  const base = {
    id: "a1",
    app: "shop" as AppName,
    kind: "service",
    name: "web.1",
    port: true,
    stopTimeoutS: 1,
  } as const;
  return { ...base, artifact, process, env: { TOKEN: secret("x") }, ...change };
}

async function world(
  latencyMsMax = 0,
): Promise<{ clock: FakeClock; machine: FakeMachine; engine: FakeEngine; batches: LogBatch[]; sink: LogSink }> {
  const clock = new FakeClock(1_000_000);
  const machine = new FakeMachine({ clock, random: { bytes: (count) => Buffer.alloc(count, 7) }, latencyMsMax });
  const batches: LogBatch[] = [];
  const sink: LogSink = {
    cursor: (id) => batches.findLast((batch) => batch.instance === id)?.cursor,
    append: (batch) => void batches.push(batch),
  };
  const engine = new FakeEngine(machine);
  await clock.run(engine.open(sink, never));
  return { clock, machine, engine, batches, sink };
}

test("probes see what listens now, and HTTP answers change when told to", async () => {
  const { clock, machine, engine } = await world();
  const { address } = await clock.run(
    engine.start(specOf("serve after 500ms; answer 503 on /health; answer nothing on /slow"), never),
  );
  assert.ok(address !== undefined);
  assert.deepEqual([machine.probe(address), machine.request(address, "/")], ["refused", "refused"]);
  await clock.advance(500);
  assert.deepEqual(machine.probe(address), "accepts");
  assert.deepEqual(
    ["/", "/health", "/slow"].map((path) => machine.request(address, path)),
    [200, 503, "silent"],
  );
  machine.change("a1", "answer 200 on /health");
  assert.equal(machine.request(address, "/health"), 200);
  machine.end("a1", { signal: "SIGKILL" });
  assert.equal(machine.probe(address), "refused");
  assert.deepEqual(await clock.run(engine.exited("a1", never)), { signal: "SIGKILL", at: clock.now() });
});

test("another port: nothing on its own, the listener is reported", async () => {
  const { clock, machine, engine } = await world();
  const { address } = await clock.run(engine.start(specOf("listen on other port"), never));
  assert.ok(address !== undefined);
  assert.equal(machine.probe(address), "refused");
  assert.deepEqual(await clock.run(engine.listeners("a1", never)), [
    { address: "0.0.0.0", port: address.port + 20_000 },
  ]);
});

test("environment, PORT and process count are there for invariants", async () => {
  const { clock, machine, engine } = await world();
  const { address } = await clock.run(engine.start(specOf("serve"), never));
  await clock.run(engine.start(specOf("serve"), never));
  assert.deepEqual(machine.environment("a1"), { TOKEN: "x", PORT: String(address?.port) });
  assert.deepEqual([machine.startedCount, machine.running()], [1, ["a1"]]);
  assert.deepEqual(
    machine.calls.map((call) => call.method),
    ["open", "start", "start"],
  );
});

test("a failure before leaves nothing, a failure after leaves it started, each for one call", async () => {
  const { clock, machine, engine } = await world();
  machine.failNext("start", { moment: "before", message: "no luck", code: "ENOSPC" });
  machine.failNext("start", { moment: "after" });
  await assert.rejects(clock.run(engine.start(specOf("serve"), never)), { code: "ENOSPC", message: /no luck/ });
  assert.deepEqual(machine.running(), []);
  await assert.rejects(clock.run(engine.start(specOf("serve"), never)), /told to fail/);
  assert.deepEqual(machine.running(), ["a1"]);
  await clock.run(engine.start(specOf("serve"), never));
  assert.equal(machine.startedCount, 1);
});

test("a failure can be meant for one instance; a call that hangs ends with its signal", async () => {
  const { clock, machine, engine } = await world();
  machine.failNext("start", { moment: "hang", id: "b1" });
  await clock.run(engine.start(specOf("serve"), never));
  const controller = new AbortController();
  const hanging = assert.rejects(engine.start(specOf("serve", { id: "b1" }), controller.signal), /enough/);
  await clock.advance(60_000);
  controller.abort(new Error("enough"));
  await hanging;
  assert.deepEqual(machine.running(), ["a1"]);
});

test("a crash between effect and answer: nothing settles, the instance is found by the next engine", async () => {
  const { clock, machine, engine, batches, sink } = await world(7);
  const state = { settled: false };
  const mark = (): void => void (state.settled = true);
  engine.start(specOf("serve; print 50 lines every 10ms"), never).then(mark, mark);
  await clock.advance(8);
  engine.crash();
  engine.list(never).then(mark, mark);
  await clock.advance(300);
  const before = batches.length;
  assert.equal(state.settled, false);
  assert.deepEqual(
    machine.calls.map(({ method, endedAt }) => [method, endedAt === undefined]),
    [
      ["open", false],
      ["start", true],
    ],
  );
  const next = new FakeEngine(machine);
  await clock.run(next.open(sink, never));
  assert.deepEqual(
    (await clock.run(next.list(never))).map((instance) => instance.id),
    ["a1"],
  );
  await clock.advance(1_000);
  assert.ok(batches.length > before);
  const texts = batches.flatMap((batch) => batch.lines.map((line) => line.text));
  assert.deepEqual(
    texts,
    Array.from({ length: 50 }, (_, index) => `line ${index + 1}`),
  );
});

test("a reboot ends everything, how is lost", async () => {
  const { clock, machine, engine } = await world();
  await clock.run(engine.start(specOf("serve"), never));
  machine.reboot();
  assert.equal((await clock.run(engine.exited("a1", never))).lost, true);
  assert.deepEqual(machine.running(), []);
});

test("exec: the words are a behaviour", async () => {
  const { clock, engine } = await world();
  await clock.run(engine.start(specOf("serve"), never));
  const run = async (text: string) => clock.run(engine.exec("a1", [text], 1_000, never));
  assert.equal((await run("exit 1 after 200ms")).exitCode, 1);
  assert.equal((await run("exit 0 after 2s")).timedOut, true);
  assert.equal((await run("bin/check")).exitCode, 127);
});
