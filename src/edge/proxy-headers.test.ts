import assert from "node:assert/strict";
import { test } from "node:test";
import { clientRequestId, plainAddress, requestLines, responseLines } from "./proxy-headers.ts";

const FACTS = { clientAddress: "203.0.113.9", port: 8080, requestId: "id", receivedAtMs: 5 };
const OURS = [
  ...["X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "http", "X-Forwarded-Port", "8080"],
  ...["X-Request-Id", "id", "X-Request-Start", "5", "Via", "1.1 portside"],
];

const REQUESTS: readonly [string, readonly string[], readonly string[], number][] = [
  ["order, case and repetition stay", ["b", "1", "A", "2", "b", "3"], ["b", "1", "A", "2", "b", "3"], 0],
  ["hop by hop goes", ["Connection", "close", "Keep-Alive", "x", "Proxy-Connection", "x", "Upgrade", "h2c"], [], 0],
  ["what Connection names goes", ["Connection", "X-A, x-b", "X-A", "1", "x-B", "2", "X-C", "3"], ["X-C", "3"], 0],
  [
    "length and host stay whatever Connection names",
    ["Connection", "Content-Length,Host", "Content-Length", "3", "Host", "a"],
    ["Content-Length", "3", "Host", "a"],
    0,
  ],
  [
    "claims go",
    [
      "X-Forwarded-For",
      "1",
      "x-forwarded-proto",
      "https",
      "X-FORWARDED-X",
      "y",
      "Forwarded",
      "for=1",
      "X-Request-Start",
      "1",
    ],
    [],
    0,
  ],
  ["names with _ go and are counted", ["Content_Length", "3", "X_Y", "1"], [], 2],
  [
    "expect, proxy authorization and transfer encoding go",
    ["Expect", "x", "Proxy-Authorization", "b", "Transfer-Encoding", "chunked"],
    [],
    0,
  ],
  [
    "authorization and cookies stay",
    ["Authorization", "x", "Cookie", "a=1"],
    ["Authorization", "x", "Cookie", "a=1"],
    0,
  ],
  ["TE keeps trailers only", ["TE", "gzip, trailers;q=0.5"], ["TE", "trailers"], 0],
];
for (const [name, raw, expected, droppedCount] of REQUESTS) {
  test(`router §4 request: ${name}`, () => {
    const forwarded = requestLines(raw, FACTS);
    assert.deepEqual(forwarded.lines, [...expected, ...OURS]);
    assert.equal(forwarded.droppedCount, droppedCount);
  });
}

const RESPONSES: readonly [string, readonly string[], number, readonly string[]][] = [
  [
    "hop by hop goes",
    ["Connection", "close, X-A", "X-A", "1", "Keep-Alive", "x", "Trailer", "y", "Server", "z"],
    200,
    ["Server", "z"],
  ],
  ["cookies stay apart", ["Set-Cookie", "a", "Set-Cookie", "b"], 200, ["Set-Cookie", "a", "Set-Cookie", "b"]],
  ["a 204 has no length", ["Content-Length", "0", "X", "1"], 204, ["X", "1"]],
  ["a 304 keeps its length", ["Content-Length", "9"], 304, ["Content-Length", "9"]],
];
for (const [name, raw, status, expected] of RESPONSES) {
  test(`router §4 response: ${name}`, () => {
    assert.deepEqual(
      responseLines(
        raw.map((each) => Buffer.from(each, "latin1")),
        status,
      ),
      expected,
    );
  });
}

test("router §4 bytes beyond ASCII stay as they are", () => {
  assert.deepEqual(responseLines([Buffer.from("X"), Buffer.from([0xe9, 0x20])], 200), ["X", "\xe9 "]);
});

const IDS: readonly [string | string[] | undefined, boolean][] = [
  ["a".repeat(20), true],
  ["A-_9".repeat(50), true],
  ["a".repeat(19), false],
  ["a".repeat(201), false],
  [`${"a".repeat(20)}\n`, false],
  [`${"a".repeat(20)}"`, false],
  [undefined, false],
  [["a".repeat(20)], false],
];
for (const [raw, isKept] of IDS) {
  test(`router §4 request id ${JSON.stringify(raw)?.slice(0, 30)} is ${isKept ? "kept" : "replaced"}`, () => {
    assert.equal(clientRequestId(raw), isKept ? raw : undefined);
  });
}

test("addresses are written plainly", () => {
  assert.deepEqual(["::ffff:1.2.3.4", "::1", "::ffff:1", undefined].map(plainAddress), [
    "1.2.3.4",
    "::1",
    "::ffff:1",
    "",
  ]);
});
