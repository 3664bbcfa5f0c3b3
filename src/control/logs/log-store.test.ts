import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../lib/clock.ts";
import type { AppName } from "../../model/app.ts";
import { AccessLogReader } from "./access-log-reader.ts";
import { LogStore } from "./log-store.ts";

const SHOP = "shop" as AppName;
const OTHER = "other" as AppName;

function withStore(body: (store: LogStore, root: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const root = mkdtempSync(join(tmpdir(), "portside-logs-"));
    const store = new LogStore(join(root, "logs.db"), systemClock);
    try {
      await body(store, root);
    } finally {
      store.close();
      rmSync(root, { recursive: true });
    }
  };
}

function engineBatch(name: string, texts: readonly string[], cursor: string) {
  return { instance: `${SHOP}-${name}`, app: SHOP, name, lines: texts.map((text) => ({ atUs: 1, text })), cursor };
}

test(
  "§12 lines and cursor are one: what was stored is not asked for again",
  withStore((store) => {
    assert.equal(store.sink.cursor("shop-web.1"), undefined);
    store.sink.append(engineBatch("web.1", ["a", "b"], "4"));
    assert.equal(store.sink.cursor("shop-web.1"), "4");
    assert.deepEqual(
      store.read({ app: SHOP, num: 10 }).map((line) => line.text),
      ["a", "b"],
    );
    store.dropCursor("shop-web.1");
    assert.equal(store.sink.cursor("shop-web.1"), undefined);
  }),
);

const SELECTIONS: readonly (readonly [string | undefined, readonly string[]])[] = [
  [undefined, ["w1", "w2", "ww", "router", "state"]],
  ["web", ["w1", "w2", "state"]],
  ["web.1", ["w1", "state"]],
  ["webby", ["ww"]],
  ["router", ["router"]],
  ["we*", []],
  ["nothing", []],
];

test(
  "§12 logs are filtered by process type, instance and source, and by app",
  withStore((store) => {
    store.sink.append(engineBatch("web.1", ["w1"], "1"));
    store.sink.append(engineBatch("web.2", ["w2"], "1"));
    store.sink.append(engineBatch("webby.1", ["ww"], "1"));
    store.say(SHOP, "portside[router]", "router");
    store.say(SHOP, "portside[web.1]", "state");
    store.sink.append({ ...engineBatch("web.1", ["foreign"], "1"), instance: "other-web.1", app: OTHER });
    for (const [ps, expected] of SELECTIONS) {
      const lines = store.read({ app: SHOP, num: 100, ...(ps === undefined ? {} : { ps }) });
      assert.deepEqual(
        lines.map((line) => line.text),
        expected,
        ps ?? "all",
      );
    }
    assert.deepEqual(
      store.read({ app: SHOP, num: 2 }).map((line) => line.text),
      ["router", "state"],
    );
  }),
);

test(
  "§12 a follower gets what is there and what comes, once each, in order",
  withStore(async (store) => {
    store.say(SHOP, "app[api]", "0");
    const abort = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const line of store.follow({ app: SHOP, num: 0 }, 0, abort.signal)) {
        seen.push(line.text);
        if (seen.length === 1_200) abort.abort();
      }
    })();
    for (let n = 1; n < 1_200; n += 1) store.say(SHOP, "app[api]", String(n));
    await following;
    assert.deepEqual(
      seen,
      Array.from({ length: 1_200 }, (_, n) => String(n)),
    );
  }),
);

test(
  "§12 an app's lines are kept under a quota, the newest stay",
  withStore((store) => {
    const text = "x".repeat(9_000);
    for (let batch = 0; batch < 80; batch += 1) {
      store.sink.append(
        engineBatch(
          "web.1",
          Array.from({ length: 100 }, () => text),
          String(batch),
        ),
      );
    }
    store.say(SHOP, "app[api]", "last");
    const kept = store.read({ app: SHOP, num: 10_000 });
    assert.ok(kept.length < 8_000, `${kept.length} lines kept`);
    assert.ok(kept.length > 5_000);
    assert.equal(kept.at(-1)?.text, "last");
  }),
);

test(
  "§11 access lines are taken over once each, over restarts, torn lines and apps that are gone",
  withStore((store, root) => {
    const path = join(root, "access.ndjson");
    const entry = (app: string, line: string): string => `${JSON.stringify({ app, atUs: 5, line })}\n`;
    const reader = (): AccessLogReader =>
      new AccessLogReader(path, { logs: store, clock: systemClock }, () => new Set(["shop"]));
    writeFileSync(path, entry("shop", "one") + entry("gone", "x") + '{"app":"shop","atUs":5,"li');
    reader().read();
    reader().read();
    appendFileSync(path, `ne":"two"}\nno json\n${entry("shop", "three")}`);
    reader().read();
    const lines = store.read({ app: SHOP, num: 10 });
    assert.deepEqual(
      lines.map((line) => `${line.source} ${line.text}`),
      ["portside[router] one", "portside[router] two", "portside[router] three"],
    );
  }),
);
