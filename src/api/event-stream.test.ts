import assert from "node:assert/strict";
import { test } from "node:test";
import { problemSchema } from "../wire/problem.ts";
import { EventReader, createHarness } from "./testing/harness.ts";
import type { Harness } from "./testing/harness.ts";

const sse = { accept: "text/event-stream" };

/** An operation with its first three events. */
async function startOperation(harness: Harness): Promise<void> {
  await harness.ask("POST /v1/apps/demo/restarts", { body: {} });
  harness.control.happen({ type: "begun" });
  harness.control.happen({ type: "stepStarted", step: "build", undo: false });
  harness.control.happen({ type: "output", step: "build", source: "npm", text: "two\nlines <b>" });
}

/** Lets everything that is ready run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("an operation's events come as they happen, and the stream ends after `ended`", async () => {
  const harness = createHarness();
  await startOperation(harness);
  const response = await harness.ask("GET /v1/operations/1/events");
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(response.headers.get("x-accel-buffering"), "no");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const reader = new EventReader(response);
  for (const event of harness.control.events.items) {
    assert.deepEqual(await reader.next(), { id: String(event.seq), event: event.type, data: JSON.stringify(event) });
  }
  const next = reader.next();
  harness.control.happen({ type: "ended", status: "succeeded", durationMs: 5, release: 3 });
  assert.equal((await next)?.event, "ended");
  assert.equal(await reader.next(), undefined);
  assert.deepEqual(
    [harness.streams.openCount, harness.control.events.openCount, harness.clock.nextWakeAt()],
    [0, 0, undefined],
  );
});

test("Last-Event-ID goes on behind that event", async () => {
  const harness = createHarness();
  await startOperation(harness);
  harness.control.happen({ type: "ended", status: "succeeded", durationMs: 5 });
  for (const [id, expected] of [
    ["0", ["1", "2", "3", "4"]],
    ["2", ["3", "4"]],
    ["", ["1", "2", "3", "4"]],
  ] as const) {
    const reader = new EventReader(
      await harness.ask("GET /v1/operations/1/events", { headers: { "Last-Event-ID": id } }),
    );
    assert.deepEqual(
      (await reader.rest()).map((event) => event.id),
      expected,
    );
  }
});

const LOG_CASES: readonly [query: string, lastId: string | undefined, ids: string[]][] = [
  ["?num=2", undefined, ["4", "5"]],
  ["", undefined, ["1", "2", "3", "4", "5"]],
  ["?num=0", undefined, []],
  ["", "3", ["4", "5"]],
  ["?num=1", "0", ["5"]],
];

test("logs without tail are the last lines and an end", async () => {
  for (const [query, lastId, ids] of LOG_CASES) {
    const { ask, control } = createHarness();
    for (let id = 1; id <= 5; id += 1) control.print(`line ${id}`);
    const headers = lastId === undefined ? sse : { ...sse, "last-event-id": lastId };
    const events = await new EventReader(await ask(`GET /v1/apps/demo/logs${query}`, { headers })).rest();
    assert.deepEqual(
      events.map((event) => event.id),
      ids,
      `${query} ${lastId}`,
    );
    assert.ok(events.every((event) => event.event === "line"));
  }
});

const TAIL_CASES: readonly [query: string, lastId: string | undefined, ids: string[]][] = [
  ["?tail=true&num=2", undefined, ["4", "5", "6"]],
  ["?tail=true&num=0", undefined, ["6"]],
  ["?tail=true&num=1", "2", ["3", "4", "5", "6"]],
  ["?tail=true", "5", ["6"]],
];

test("logs with tail go on with new lines, none twice and none left out", async () => {
  for (const [query, lastId, ids] of TAIL_CASES) {
    const { ask, control } = createHarness();
    for (let id = 1; id <= 5; id += 1) control.print(`line ${id}`);
    const headers = lastId === undefined ? sse : { ...sse, "last-event-id": lastId };
    const reader = new EventReader(await ask(`GET /v1/apps/demo/logs${query}`, { headers }));
    await settle();
    control.print("line 6");
    for (const id of ids) assert.equal((await reader.next())?.id, id, query);
    await reader.cancel();
    await settle();
    assert.equal(control.lines.openCount, 0);
  }
});

test("a log that is still empty is followed from its first line", async () => {
  const { ask, control } = createHarness();
  const reader = new EventReader(await ask("GET /v1/apps/demo/logs?tail=true", { headers: sse }));
  await settle();
  control.print("first");
  assert.deepEqual(await reader.next(), {
    id: "1",
    event: "line",
    data: JSON.stringify({ id: 1, at: "2026-01-01T00:00:00.000001+00:00", source: "app[web.1]", text: "first" }),
  });
  await reader.cancel();
});

test("a comment comes at once and then every 15 s without events", async () => {
  const harness = createHarness();
  await startOperation(harness);
  const reader = new EventReader(
    await harness.ask("GET /v1/operations/1/events", { headers: { "last-event-id": "3" } }),
  );
  await reader.more();
  assert.equal(reader.text, ": still here\n\n");
  for (const beats of [2, 3]) {
    const more = reader.more();
    await harness.clock.advance(14_999);
    assert.equal(reader.text.split("\n\n").length, beats);
    await harness.clock.advance(1);
    await more;
    assert.equal(reader.text, ": still here\n\n".repeat(beats));
    await settle();
  }
  await reader.cancel();
});

test("a reader that goes away ends the stream and frees its place", async () => {
  const ways: readonly [string, (reader: EventReader, caller: AbortController) => unknown][] = [
    ["cancelled body", (reader) => reader.cancel()],
    ["aborted request", (_reader, caller) => caller.abort()],
  ];
  for (const [name, leave] of ways) {
    const harness = createHarness();
    await startOperation(harness);
    const caller = new AbortController();
    const reader = new EventReader(await harness.ask("GET /v1/operations/1/events", { signal: caller.signal }));
    await reader.next();
    assert.equal(harness.streams.openCount, 1);
    await leave(reader, caller);
    await settle();
    assert.deepEqual(
      [harness.streams.openCount, harness.control.events.openCount, harness.clock.nextWakeAt()],
      [0, 0, undefined],
      name,
    );
  }
});

test("a slow reader makes the source wait: what lies in between is bounded (security rule 15)", async () => {
  const harness = createHarness();
  for (let count = 0; count < 5_000; count += 1) harness.control.print("x".repeat(1_000));
  const reader = new EventReader(
    await harness.ask("GET /v1/apps/demo/logs?tail=true&num=1", { headers: { ...sse, "last-event-id": "0" } }),
  );
  await settle();
  assert.ok(
    harness.control.lines.takenCount < 70,
    `${harness.control.lines.takenCount} of 5000 lines were taken unasked`,
  );
  for (let id = 1; id <= 5_000; id += 1) assert.equal((await reader.next())?.id, String(id));
  await reader.cancel();
});

test("100 streams are open at most, one more is 503, and a place freed is a place (security rule 15)", async () => {
  const harness = createHarness();
  await startOperation(harness);
  const open = async (): Promise<Response> => harness.ask("GET /v1/operations/1/events");
  const responses: Response[] = [];
  for (let count = 0; count < 100; count += 1) responses.push(await open());
  const refused = await open();
  assert.equal(refused.status, 503);
  assert.equal(problemSchema.parse(await refused.json()).code, "E_STREAMS_MAX");
  assert.equal((await harness.ask("HEAD /v1/operations/1/events")).status, 200);
  assert.equal(harness.streams.openCount, 100);
  await responses[0]?.body?.cancel();
  const again = await open();
  assert.equal(again.status, 200);
  harness.closing.abort();
  await settle();
  assert.deepEqual(
    [harness.streams.openCount, harness.control.events.openCount, harness.clock.nextWakeAt()],
    [0, 0, undefined],
  );
});

test("closing ends the streams after what they already have, and refuses new ones", async () => {
  const harness = createHarness();
  await startOperation(harness);
  const reader = new EventReader(await harness.ask("GET /v1/operations/1/events"));
  await settle();
  harness.closing.abort();
  assert.deepEqual(
    (await reader.rest()).map((event) => event.id),
    ["1", "2", "3"],
  );
  assert.equal((await harness.ask("GET /v1/operations/1/events")).status, 503);
});

test("a failure in the middle is the last event, without its details", async () => {
  const harness = createHarness();
  await startOperation(harness);
  harness.control.operationEvents = async function* () {
    yield* harness.control.events.items.slice(0, 1);
    throw new Error("row 7 of /home/x is broken");
  };
  const events = await new EventReader(await harness.ask("GET /v1/operations/1/events")).rest();
  assert.deepEqual(
    events.map(({ event }) => event),
    ["begun", "problem"],
  );
  const problem = problemSchema.parse(JSON.parse(events[1]?.data ?? ""));
  assert.equal(problem.code, "E_INTERNAL");
  assert.doesNotMatch(problem.detail, /row 7/);
  assert.ok(harness.logged.some(({ msg, level }) => level === "error" && msg === "an event stream failed"));
});
