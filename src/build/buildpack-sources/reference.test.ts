import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { PortsideError } from "../../model/error-registry.ts";
import { parseReference } from "./reference.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** The meaning as one line. */
function shown(text: string): string {
  const reference = parseReference(text);
  switch (reference.kind) {
    case "id":
      return `id ${reference.id} ${reference.version ?? ""}`.trim();
    case "git":
      return `git ${reference.url.href} ${reference.ref ?? ""}`.trim();
    case "download":
      return `download ${reference.url.href}`;
    case "path":
      return `path ${reference.path}`;
    case "builderOrder":
      return "builder order";
  }
}

describe("contract §3, D27: what a reference means", () => {
  const MEANINGS: readonly (readonly [string, string])[] = [
    ["heroku/nodejs", "id heroku/nodejs"],
    ["heroku-community/static@1.2.3", "id heroku-community/static 1.2.3"],
    ["paketo-buildpacks/procfile@latest", "id paketo-buildpacks/procfile"],
    ["io.buildpacks.samples/a/b", "id io.buildpacks.samples/a/b"],
    ["urn:cnb:registry:example/lua@1.0.0", "id example/lua 1.0.0"],
    ["urn:cnb:builder:heroku/nodejs", "id heroku/nodejs"],
    ["urn:cnb:heroku/nodejs@2", "id heroku/nodejs 2"],
    ["from=builder", "builder order"],
    ["urn:cnb:builder", "builder order"],
    ["./my-buildpack", "path ./my-buildpack"],
    ["../shared/buildpack.tgz", "path ../shared/buildpack.tgz"],
    ["/srv/buildpacks/a.cnb", "path /srv/buildpacks/a.cnb"],
    ["https://example.org/a.tgz", "download https://example.org/a.tgz"],
    ["https://example.org/a.tar.gz?x=1", "download https://example.org/a.tar.gz?x=1"],
    ["http://example.org/a.CNB", "download http://example.org/a.CNB"],
    ["https://github.com/o/r", "git https://github.com/o/r"],
    ["https://github.com/o/r.git#v1.2", "git https://github.com/o/r.git v1.2"],
    ["https://github.com/o/r#feature/x", "git https://github.com/o/r feature/x"],
    ["git://example.org/r.git#release@2", "git git://example.org/r.git release@2"],
    [`https://example.org/r#${COMMIT}`, `git https://example.org/r ${COMMIT}`],
  ];
  for (const [text, meaning] of MEANINGS) test(text, () => assert.equal(shown(text), meaning));
});

describe("security rules 3, 4, 11: what can be no reference", () => {
  const REFUSED: readonly (readonly [string, RegExp])[] = [
    ["", /no text/],
    [`https://example.org/${"a".repeat(3000)}`, /no text/],
    ["a\nb", /no text/],
    ["owner/\u202Ename", /no text/],
    ["--upload-pack=id", /neither an id/],
    ["-oProxyCommand=id", /neither an id/],
    ["$(id)", /neither an id/],
    ["a/../b", /neither an id/],
    ["a//b", /neither an id/],
    ["a/b@1 2", /no version/],
    ["urn:buildpack:heroku/ruby", /only `urn:cnb/],
    ["git@github.com:o/r.git", /SSH key/],
    ["ssh://git@example.org/r", /SSH key/],
    ["file:///etc/passwd", /file addresses are not fetched/],
    ["ext::sh -c id", /neither an id/],
    ["ftp://example.org/a.tgz", /ftp addresses are not fetched/],
    ["docker://example/bp", /images are not read/],
    ["https://user:hunter2@example.org/r", /credentials/],
    ["https://example.org/a.zip", /zip archives/],
    ["https://example.org/r#--upload-pack=id", /no branch/],
    ["https://example.org/r#a..b", /no branch/],
    ["https://example.org/r#x.lock", /no branch/],
    ["https://example.org/r#a/", /no branch/],
    ["https://example.org/r#%0aid", /no branch/],
  ];
  for (const [text, problem] of REFUSED) {
    test(JSON.stringify(text.slice(0, 40)), () =>
      assert.throws(
        () => parseReference(text),
        (error: unknown) => {
          assert.ok(error instanceof PortsideError && error.code === "E_BUILDPACK_INVALID", String(error));
          assert.match(error.message, problem);
          assert.ok(!error.message.includes("hunter2"));
          return true;
        },
      ),
    );
  }
});

test("any text is a reference or E_BUILDPACK_INVALID, and what git or a path gets is plain", () => {
  const pieces = fc.constantFrom(
    "https://",
    "git://",
    "urn:cnb:",
    "./",
    "../",
    "#",
    "@",
    "/",
    "a",
    ".tgz",
    "--",
    "%",
    " ",
    ":",
    "..",
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const reference = parseReference(text);
        if (reference.kind === "git" && reference.ref !== undefined)
          assert.match(reference.ref, /^[A-Za-z0-9][\w./+@-]*$/);
        if (reference.kind === "git" || reference.kind === "download")
          assert.match(reference.url.href, /^(?:https?|git):\/\/[^-]/);
        if (reference.kind === "id") assert.match(reference.id, /^[A-Za-z0-9][\w./-]*$/);
      } catch (error) {
        assert.ok(error instanceof PortsideError && error.code === "E_BUILDPACK_INVALID", String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
