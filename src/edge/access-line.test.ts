import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { accessLine, quotable, type AccessFacts } from "./access-line.ts";

const KNOWN: AccessFacts = {
  method: "GET",
  path: "/a?b=1",
  host: "shop.example",
  requestId: "5f",
  clientAddress: "203.0.113.9",
};

const LINES: readonly [string, AccessFacts, string][] = [
  [
    "an answer of the app",
    { ...KNOWN, instanceName: "web.1", connectMs: 1.4, serviceMs: 18, status: 200, bytes: 13 },
    'at=info method=GET path="/a?b=1" host=shop.example request_id=5f fwd="203.0.113.9" dyno=web.1 connect=1ms service=18ms status=200 bytes=13 protocol=http',
  ],
  [
    "a code without an instance",
    { ...KNOWN, code: "H10", status: 503, bytes: 0 },
    'at=error code=H10 desc="App crashed" method=GET path="/a?b=1" host=shop.example request_id=5f fwd="203.0.113.9" dyno= connect= service= status=503 bytes=0 protocol=http',
  ],
  [
    "a client that went away",
    { ...KNOWN, code: "H27", instanceName: "web.1", connectMs: 0, serviceMs: 9, status: 499 },
    'sock=client at=warning code=H27 desc="Client Request Interrupted" method=GET path="/a?b=1" host=shop.example request_id=5f fwd="203.0.113.9" dyno=web.1 connect=0ms service=9ms status=499 bytes= protocol=http',
  ],
  [
    "a refused request with its cause",
    { ...KNOWN, code: "H26", cause: "bad header", status: 400, bytes: 0 },
    'at=error code=H26 desc="Request Error" cause="bad header" method=GET path="/a?b=1" host=shop.example request_id=5f fwd="203.0.113.9" dyno= connect= service= status=400 bytes=0 protocol=http',
  ],
  [
    "an answer that broke off",
    { ...KNOWN, code: "H18", status: 503, bytes: 7, sentStatus: 200 },
    'sock=backend at=error code=H18 desc="Server Request Interrupted" method=GET path="/a?b=1" host=shop.example request_id=5f fwd="203.0.113.9" dyno= connect= service= status=503 bytes=7 protocol=http sent=200',
  ],
];
for (const [name, facts, expected] of LINES) test(`router §3 ${name}`, () => assert.equal(accessLine(facts), expected));

const QUOTED: readonly [string, string][] = [
  ["/plain?x=%0a#~", "/plain?x=%0a#~"],
  ['/"', '/\\"'],
  ["/\\", "/\\\\"],
  ["/\n\r\0\x7f\x1b", "/\\x0a\\x0d\\x00\\x7f\\x1b"],
  ["/\xe9\u2028", "/\\xe9\\x2028"],
];
for (const [raw, expected] of QUOTED)
  test(`router §3 ${JSON.stringify(raw)} is quoted`, () => assert.equal(quotable(raw), expected));

test("router §3 no path can end its field or its line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (path) => {
      assert.match(
        accessLine({ ...KNOWN, path }),
        /^at=info method=GET path="(?:[ !#-[\]-~]|\\["\\]|\\x[0-9a-f]{2,})*" host=shop\.example request_id=5f /,
      );
    }),
  );
});
