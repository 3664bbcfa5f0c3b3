import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "undici";
import { edgeLog } from "./edge-log.ts";
import { codePage, unknownHostPage } from "./error-pages.ts";
import { answerFailure, connectFailure, isClosed } from "./instance-errors.ts";
import { DEFAULT_LIMITS, parseLimits } from "./limits.ts";
import { newRequestId } from "./request-id.ts";
import { ROUTER_CODES, type RouterCode } from "./router-codes.ts";

const REQUEST = { accept: undefined, requestId: "id" };

test("router §2 each code has the status of the table", () => {
  const statuses = Object.fromEntries(Object.entries(ROUTER_CODES).map(([code, entry]) => [code, entry.status]));
  const unusual: Record<string, number> = { H24: 504, H25: 502, H26: 400, H27: 499, H28: 499 };
  for (const [code, status] of Object.entries(statuses)) assert.equal(status, unusual[code] ?? 503, code);
});

test("security rule 18 pages hold our own words and the request id only", () => {
  for (const accept of [undefined, "*/*", "text/html,application/xhtml+xml"]) {
    for (const code of Object.keys(ROUTER_CODES) as RouterCode[]) {
      const page = codePage(code, { ...REQUEST, accept });
      const headers = Object.fromEntries(
        page.headers.flatMap((name, index) => (index % 2 === 0 ? [[name, page.headers[index + 1]]] : [])),
      );
      const isHtml = accept?.includes("text/html") === true;
      assert.equal(headers["Content-Type"], `text/${isHtml ? "html" : "plain"}; charset=utf-8`);
      assert.equal(headers["Content-Length"], String(Buffer.byteLength(page.body)));
      assert.match(String(headers["Content-Security-Policy"]), /^default-src 'none'/);
      assert.ok(page.body.includes(code) && page.body.includes("request id"));
      assert.ok(!/<script|\son\w+=/.test(page.body));
    }
  }
  assert.equal(unknownHostPage(REQUEST).status, 404);
  assert.equal(codePage("H26", { ...REQUEST, status: 505 }).status, 505);
});

const coded = (code: string): Error => Object.assign(new Error(code), { code });

const CONNECTS: readonly [Error, string][] = [
  [coded("ECONNREFUSED"), "refused"],
  [coded("EHOSTUNREACH"), "refused"],
  [new errors.ConnectTimeoutError("slow"), "timeout"],
  [coded("ETIMEDOUT"), "timeout"],
  [coded("EMFILE"), "ours"],
  [coded("EADDRNOTAVAIL"), "ours"],
  [new errors.InvalidArgumentError("header"), "ours"],
];
for (const [error, expected] of CONNECTS)
  test(`router §2 connect: ${error.message} is ${expected}`, () => assert.equal(connectFailure(error), expected));

const NOTHING = { hasByte: false, hasHead: false };
const ANSWERS: readonly [Error, { hasByte: boolean; hasHead: boolean }, RouterCode][] = [
  [new errors.SocketError("other side closed"), NOTHING, "H13"],
  [coded("ECONNRESET"), NOTHING, "H13"],
  [new errors.SocketError("other side closed"), { hasByte: true, hasHead: false }, "H18"],
  [new errors.SocketError("other side closed"), { hasByte: true, hasHead: true }, "H18"],
  [new errors.HTTPParserError("x"), { hasByte: true, hasHead: false }, "H17"],
  [new errors.SocketError("bad upgrade"), { hasByte: true, hasHead: false }, "H17"],
  [new errors.HeadersOverflowError(), { hasByte: true, hasHead: false }, "H25"],
  [new errors.ResponseContentLengthMismatchError(), { hasByte: true, hasHead: false }, "H25"],
  [new Error("surprise"), NOTHING, "H99"],
];
for (const [error, seen, code] of ANSWERS) {
  test(`router §8.4 ${error.message} (${seen.hasByte ? "begun" : "no byte"}) is ${code}`, () =>
    assert.equal(answerFailure(error, seen), code));
}

test("router §5 only a closed connection may be tried again", () => {
  assert.equal(isClosed(new errors.SocketError("closed")), true);
  assert.equal(isClosed(new errors.HTTPParserError("x")), false);
});

test("a request id is a UUID of version 4", () => {
  for (const byte of [0, 0x5a, 0xff]) {
    assert.match(
      newRequestId({ bytes: (count) => Buffer.alloc(count, byte) }),
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  }
});

test("limits: replaced by name, wrong ones are named", () => {
  assert.deepEqual(parseLimits('{"idleMs":5}'), { ...DEFAULT_LIMITS, idleMs: 5 });
  const wrong: readonly [string, RegExp][] = [
    ["[1]", /knows no `0`/],
    ["null", /must be a JSON object/],
    ['{"toString":1}', /knows no `toString`/],
    ['{"idleMs":0}', /`idleMs` must be a whole number/],
    ['{"idleMs":"5"}', /`idleMs` must be a whole number/],
    ["{", /JSON/],
  ];
  for (const [raw, problem] of wrong) assert.throws(() => parseLimits(raw), problem);
});

test("the edge's own log is bounded by kind and minute, and says what it left out", () => {
  const lines: string[] = [];
  let nowMs = 0;
  const log = edgeLog({ now: () => nowMs, sleep: () => Promise.resolve() }, (line) => lines.push(line));
  for (let count = 0; count < 40; count += 1) log.say("noise", { count });
  log.say("other");
  assert.equal(lines.length, 31);
  nowMs = 60_000;
  log.say("noise");
  assert.deepEqual(JSON.parse(lines.at(-1) ?? ""), {
    at: "1970-01-01T00:01:00.000Z",
    event: "noise",
    droppedCount: 10,
  });
});
