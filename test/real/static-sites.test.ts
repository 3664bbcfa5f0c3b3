import assert from "node:assert/strict";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { PlatformStatus } from "../../src/wire/platform.ts";
import { Installation, REPOSITORY } from "../acceptance/installation.ts";

const portside = new Installation({ PORTSIDE_PORT: "18680", PORTSIDE_BOOT_TIMEOUT: "60" });
let port = 0;
before(async () => {
  await portside.ok("up", "--no-deploy");
  port = (await portside.json<PlatformStatus>("status")).edge.port ?? 0;
});
after(() => portside.remove());

type Seen = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string };

function get(app: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, headers: { ...headers, host: `${app}.localhost` }, agent: false };
    const call = request(options, (response) => {
      let body = "";
      response.setEncoding("latin1").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    call.on("error", reject).end();
  });
}

describe("examples/static-site through the router", () => {
  test("pages, the page for what is lost, what has not changed, a range", async () => {
    const { stdout } = await portside.ok("deploy", join(REPOSITORY, "examples/static-site"));
    assert.match(stdout, /Serving public\//);
    const home = await get("static-site", "/");
    assert.deepEqual([home.status, home.headers["content-type"]], [200, "text/html; charset=utf-8"]);
    const known = await get("static-site", "/", { "if-none-match": String(home.headers["etag"]) });
    assert.deepEqual([known.status, known.body], [304, ""]);
    assert.equal((await get("static-site", "/none")).status, 404);
    const part = await get("static-site", "/site.css", { range: "bytes=0-3" });
    assert.deepEqual([part.status, part.body.length], [206, 4]);
    for (const path of ["/../README.md", "/%2e%2e/README.md", "/..%2fREADME.md"])
      assert.equal((await get("static-site", path)).status, 404, path);
  });
});

describe("an app that only says how it is built", () => {
  const BUILD = `import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync("dist/assets", { recursive: true });
writeFileSync("dist/index.html", "<script src=/assets/index-BkH2xQ0p.js></script>");
writeFileSync("dist/assets/index-BkH2xQ0p.js", "console.log('again and again');\\n".repeat(200));
`;
  const folder = portside.folder("pages", {
    "package.json": JSON.stringify({ name: "pages", private: true, scripts: { dev: "vite", build: "node build.mjs" } }),
    "build.mjs": BUILD,
    "index.html": "the source, never served",
  });
  test("is built by nodejs and served by static, with its routes, compressed and kept by browsers", async () => {
    const { stdout } = await portside.ok("deploy", folder);
    assert.match(stdout, /portside\/nodejs, portside\/static/);
    assert.match(stdout, /Serving dist\/, 1 file compressed ahead/);
    const route = await get("pages", "/users/7", { accept: "text/html" });
    assert.deepEqual([route.status, route.body], [200, "<script src=/assets/index-BkH2xQ0p.js></script>"]);
    const script = await get("pages", "/assets/index-BkH2xQ0p.js", { "accept-encoding": "gzip, br" });
    assert.deepEqual(
      [script.headers["content-encoding"], script.headers["cache-control"], script.body.length < 200],
      ["br", "public, max-age=31536000, immutable", true],
    );
    assert.equal((await get("pages", "/assets/gone.js")).status, 404);
    assert.equal((await get("pages", "/package.json")).status, 404);
  });
});
