import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkRequest } from "./request-checks.ts";

const LIMITS = { lineBytesMax: 100 };
type Head = {
  readonly method?: string;
  readonly url?: string;
  readonly httpVersion?: string;
  readonly raw?: readonly string[];
};

function check(head: Head): ReturnType<typeof checkRequest> {
  const { method = "GET", url = "/", httpVersion = "1.1", raw = ["Host", "a"] } = head;
  return checkRequest({ method, url, httpVersion, rawHeaders: [...raw] }, LIMITS);
}

const ACCEPTED: readonly [string, Head, { host: string; path: string; hasBody: boolean }][] = [
  ["a plain GET", {}, { host: "a", path: "/", hasBody: false }],
  ["a host with port and capitals", { raw: ["hOST", "A.B:80"] }, { host: "a.b", path: "/", hasBody: false }],
  ["a length", { raw: ["Host", "a", "Content-Length", "1"] }, { host: "a", path: "/", hasBody: true }],
  ["no length to speak of", { raw: ["Host", "a", "Content-Length", "0"] }, { host: "a", path: "/", hasBody: false }],
  ["chunked", { raw: ["Host", "a", "Transfer-Encoding", "Chunked"] }, { host: "a", path: "/", hasBody: true }],
  ["a strange path", { url: "//x;%zz?a=/../#f" }, { host: "a", path: "//x;%zz?a=/../#f", hasBody: false }],
  ["absolute form", { url: "HTTP://A:80/p?q" }, { host: "a", path: "/p?q", hasBody: false }],
  ["absolute form without a path", { url: "http://a" }, { host: "a", path: "/", hasBody: false }],
  ["HTTP/1.0 without Host", { httpVersion: "1.0", raw: [] }, { host: "", path: "/", hasBody: false }],
];
for (const [name, head, expected] of ACCEPTED) {
  test(`router §8.2 accepted: ${name}`, () => assert.deepEqual(check(head), expected));
}

const REFUSED: readonly [string, Head, number, string][] = [
  ["two hosts", { raw: ["Host", "a", "Host", "a"] }, 400, ""],
  ["no host", { raw: [] }, 400, ""],
  ["absolute form of another host", { url: "http://b/" }, 400, ""],
  ["absolute form with a user", { url: "http://u@a/" }, 400, ""],
  ["absolute form of another scheme", { url: "ftp://a/" }, 400, ""],
  ["asterisk form", { method: "OPTIONS", url: "*" }, 400, ""],
  ["authority form", { url: "a:80" }, 400, ""],
  ["HTTP/0.9", { httpVersion: "0.9" }, 505, "a"],
  ["HTTP/2.0", { httpVersion: "2.0" }, 505, "a"],
  ["1.0 with chunked", { httpVersion: "1.0", raw: ["Host", "a", "Transfer-Encoding", "chunked"] }, 400, "a"],
  ["gzip, chunked", { raw: ["Host", "a", "Transfer-Encoding", "gzip, chunked"] }, 501, "a"],
  ["chunked twice", { raw: ["Host", "a", "Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"] }, 501, "a"],
  ["a long line", { raw: ["Host", "a", "X", "x".repeat(98)] }, 400, "a"],
  ["a long target", { url: `/${"x".repeat(90)}` }, 400, "a"],
  ["a long length", { raw: ["Host", "a", "Content-Length", "0000000000000001"] }, 400, "a"],
];
for (const [name, head, status, host] of REFUSED) {
  test(`router §8.2 refused: ${name}`, () => {
    const checked = check(head);
    assert.equal(checked.refusal?.status, status);
    assert.equal(checked.host, host);
  });
}

test("router §8.2 a line of exactly the limit passes", () => {
  assert.equal(check({ raw: ["Host", "a", "X", "x".repeat(97)] }).refusal, undefined);
});

test("any head is judged without an error, and an accepted path starts with a slash", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(text, text, fc.array(fc.tuple(text, text)), (url, httpVersion, lines) => {
      const checked = check({ url, httpVersion, raw: lines.flat() });
      if (checked.refusal === undefined) assert.ok(checked.path.startsWith("/"));
    }),
  );
});
