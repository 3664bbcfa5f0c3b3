import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { FakeClock } from "../lib/fake-clock.ts";
import { secret } from "../lib/secret.ts";
import type { AppName } from "../model/app.ts";
import { PortsideError } from "../model/error-registry.ts";
import type { Engine, InstanceSpec, LogSink, ObservedInstance } from "./engine.ts";
import { RuntimeEngine } from "./runtime-engine.ts";

const never = new AbortController().signal;
const CANARY = "canary-in-the-mine";
const sink: LogSink = { cursor: () => undefined, append: () => undefined };

const spec: InstanceSpec = {
  id: "a1",
  app: "shop" as AppName,
  kind: "service",
  name: "web.1",
  artifact: {
    digest: `sha256:${"0".repeat(64)}`,
    form: "slug",
    directory: "/nowhere",
    processes: [],
    launchPlan: { steps: [] },
    buildpacks: [],
    builtAt: 0,
    sizeBytes: 0,
  },
  process: { type: "web", command: ["run"], args: [], direct: false, default: true, buildpackId: "test" },
  env: { TOKEN: secret(CANARY), SHORT: secret("1"), QUOTED: secret('quo"ted\nvalue') },
  port: false,
  stopTimeoutS: 1,
};

const observed: ObservedInstance = { id: "a1", app: spec.app, name: "web.1", kind: "service", startedAt: 0 };
const forever = <Value>(): Promise<Value> => new Promise<Value>(() => undefined);

/** An engine of which only the given methods exist, and its wrapper. */
function wrap(methods: Partial<Engine>): { engine: RuntimeEngine; clock: FakeClock } {
  const clock = new FakeClock();
  const capabilities = { listeners: true } as Engine["capabilities"];
  const inner = { name: "stub", capabilities, close: () => Promise.resolve(), ...methods } as Engine;
  return { engine: new RuntimeEngine(inner, clock), clock };
}

async function failureOf(promise: Promise<unknown>): Promise<PortsideError> {
  const error: unknown = await promise.then(
    () => assert.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof PortsideError, inspect(error));
  return error;
}

/** The engine's error, and what comes out. */
const TRANSLATIONS: readonly (readonly [thrown: unknown, code: string, message: RegExp])[] = [
  [new Error("no luck"), "E_ENGINE_FAILED", /^The stub engine failed to start web\.1: no luck\.$/],
  ["a text", "E_ENGINE_FAILED", /a text/],
  [new PortsideError("E_PORT_TAKEN", { first: 1, last: 2 }), "E_PORT_TAKEN", /between 1 and 2/],
  [Object.assign(new Error("write"), { code: "ENOSPC" }), "E_DISK_FULL", /The disk is full: write/],
];

describe("runtime engine", () => {
  test("errors are wrapped once, with their cause", async () => {
    for (const [thrown, code, message] of TRANSLATIONS) {
      const { engine } = wrap({ start: () => Promise.reject(thrown as Error) });
      const error = await failureOf(engine.start(spec, never));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      if (!(thrown instanceof PortsideError)) assert.equal(error.cause, thrown);
    }
  });

  test("no secret in a message, a cause, a stack or a property (security.md rule 6)", async () => {
    const root = Object.assign(new Error(`root ${CANARY}`), { spawnargs: ["sh", CANARY] });
    const thrown = Object.assign(new Error(`refused ${JSON.stringify('quo"ted\nvalue')}`, { cause: root }), {
      path: `/x/${CANARY}`,
    });
    const { engine } = wrap({ start: () => Promise.reject(thrown) });
    const error = await failureOf(engine.start(spec, never));
    const shown =
      inspect(error, { depth: 10, showHidden: true }) + error.stack + String(root.stack) + JSON.stringify(error);
    assert.ok(!shown.includes(CANARY) && !shown.includes("ted\\nvalue"), shown);
    assert.match(error.message, /refused "\[secret\]"/);
    assert.match(shown, /web\.1/, "a value of one character hides nothing");
  });

  test("callers at the same time share one start", async () => {
    let startCount = 0;
    let finish = (_: ObservedInstance): void => undefined;
    const { engine } = wrap({
      start: () => {
        startCount += 1;
        return new Promise((resolve) => (finish = resolve));
      },
    });
    const impatient = new AbortController();
    const starts = [engine.start(spec, never), engine.start(spec, never), engine.start(spec, impatient.signal)];
    impatient.abort(new Error("gave up"));
    await assert.rejects(starts[2] ?? forever(), /gave up/);
    finish(observed);
    assert.deepEqual(await Promise.all(starts.slice(0, 2)), [observed, observed]);
    assert.equal(startCount, 1);
  });

  test("the start is aborted when the last caller gives up, and a stop waits for it", async () => {
    const events: string[] = [];
    const { engine } = wrap({
      start: (_spec, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            events.push("aborted");
            setImmediate(() => {
              events.push("start is over");
              reject(signal.reason as Error);
            });
          });
        }),
      stop: () => {
        events.push("stop");
        return Promise.resolve({ lost: true, at: 0 });
      },
    });
    const [one, two] = [new AbortController(), new AbortController()];
    const starts = [engine.start(spec, one.signal), engine.start(spec, two.signal)];
    one.abort(new Error("one"));
    await assert.rejects(starts[0] ?? forever(), /one/);
    assert.deepEqual(events, []);
    two.abort(new Error("two"));
    await assert.rejects(starts[1] ?? forever(), /two/);
    await engine.stop("a1", 1_000, never);
    assert.deepEqual(events, ["aborted", "start is over", "stop"]);
  });

  test("a failed start can be tried again", async () => {
    let startCount = 0;
    const { engine } = wrap({
      start: () => ((startCount += 1) === 1 ? Promise.reject(new Error("first")) : Promise.resolve(observed)),
    });
    await failureOf(engine.start(spec, never));
    assert.deepEqual(await engine.start(spec, never), observed);
  });

  const LIMITS: readonly (readonly [
    what: string,
    call: (engine: RuntimeEngine) => Promise<unknown>,
    limitMs: number,
  ])[] = [
    ["start", (engine) => engine.start(spec, never), 60_000],
    ["stop", (engine) => engine.stop("a1", 5_000, never), 35_000],
    ["list", (engine) => engine.list(never), 10_000],
    ["exec", (engine) => engine.exec("a1", ["true"], 2_000, never), 12_000],
    ["forget", (engine) => engine.forget("a1", never), 60_000],
  ];
  for (const [what, call, limitMs] of LIMITS) {
    test(`${what} has a limit, also where the engine hears no signal`, async () => {
      const { engine, clock } = wrap({ start: forever, stop: forever, list: forever, exec: forever, forget: forever });
      const failing = failureOf(call(engine));
      await clock.advance(limitMs - 1);
      assert.equal(await Promise.race([failing, Promise.resolve("waits")]), "waits");
      await clock.advance(1);
      const error = await failing;
      assert.equal(error.code, "E_ENGINE_FAILED");
      assert.match(error.message, new RegExp(`it took longer than ${limitMs / 1_000} s`));
      assert.equal(clock.nextWakeAt(), undefined, "no timer is left");
    });
  }

  test("a call that ends leaves no timer; exited has no limit", async () => {
    const { engine, clock } = wrap({ list: () => Promise.resolve([]), exited: forever });
    await engine.list(never);
    const controller = new AbortController();
    const waiting = assert.rejects(engine.exited("a1", controller.signal), /enough/);
    assert.equal(clock.nextWakeAt(), undefined);
    controller.abort(new Error("enough"));
    await waiting;
  });

  test("nothing after close, and what runs is ended", async () => {
    const { engine } = wrap({ exited: forever, start: forever, list: () => Promise.resolve([]) });
    const running = [failureOf(engine.exited("a1", never)), failureOf(engine.start(spec, never))];
    await engine.close();
    await engine.close();
    for (const error of await Promise.all(running)) assert.equal(error.code, "E_ENGINE_CLOSED");
    const calls = [engine.list(never), engine.open(sink, never), engine.start(spec, never), engine.forget("a1", never)];
    for (const call of calls) assert.equal((await failureOf(call)).code, "E_ENGINE_CLOSED");
  });

  test("a signal that was aborted before reaches no engine", async () => {
    const { engine } = wrap({ list: () => assert.fail("it was called") });
    await assert.rejects(engine.list(AbortSignal.abort(new Error("before"))), /before/);
  });

  test("two forgets at once are one", async () => {
    let count = 0;
    const { engine } = wrap({ forget: () => Promise.resolve(void (count += 1)) });
    await Promise.all([engine.forget("a1", never), engine.forget("a1", never)]);
    assert.equal(count, 1);
    await engine.forget("a1", never);
    assert.equal(count, 2);
  });
});
