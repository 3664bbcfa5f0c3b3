import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync, symlinkSync } from "node:fs";
import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { parse } from "smol-toml";
import { ForeignLifecycle } from "../foreign-lifecycle.ts";

const { cachePolicy } = (await import(new URL("lib/cache-policy.mjs", import.meta.url).href)) as {
  cachePolicy(path: string): string;
};

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

/** Starts the process `web` of launch.toml, as the app's owner would; ended by `stop`. */
async function serve(
  lifecycle: ForeignLifecycle,
  env: Readonly<Record<string, string>> = {},
): Promise<{ port: number; child: ChildProcess }> {
  const { processes } = parse(lifecycle.read("layers/launch.toml") ?? "") as { processes: { command: string[] }[] };
  const [, ...args] = processes[0]?.command ?? [];
  const child = spawn(process.execPath, args, {
    cwd: lifecycle.app,
    env: { PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, port: Number(/port (\d+)/.exec(line)?.[1]) };
}
async function stop(child: ChildProcess): Promise<number | null> {
  const ended = once(child, "exit") as Promise<[number | null]>;
  child.kill("SIGTERM");
  return (await ended)[0];
}
/** Sends the path as it is, without any clean-up of the client's. */
function get(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ port, path, host: "127.0.0.1", agent: false, ...options }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    call.on("error", reject).end();
  });
}

describe("detect (cnb.md §15)", () => {
  let lifecycle: ForeignLifecycle;
  beforeEach(() => (lifecycle = new ForeignLifecycle(import.meta.dirname)));
  afterEach(() => lifecycle.dispose());
  const CASES: readonly (readonly [string[], number])[] = [
    [["static.json"], 0],
    [["public/index.html"], 0],
    [["index.html"], 0],
    [["index.html", "package.json"], 100],
    [["public/index.html", "package.json"], 100],
    [["public/about.html"], 100],
    [["dist/index.html"], 0],
    [["build/index.html"], 0],
    [["_site/index.html"], 0],
    [["public/index.html", "server.js"], 100],
    [["index.html", "index.js"], 100],
    [["static.json", "server.js", "package.json"], 0],
    [[], 100],
  ];
  for (const [files, expected] of CASES) {
    test(`${files.join(", ") || "nothing"}: ${expected}`, () => {
      lifecycle.write(Object.fromEntries(files.map((file) => [`app/${file}`, ""])));
      const { code, plan } = lifecycle.detect();
      assert.deepEqual([code, plan.includes('name = "static"')], [expected, expected === 0]);
    });
  }
});

describe("detect beside a package.json: what a build makes, if nothing else serves", () => {
  let lifecycle: ForeignLifecycle;
  beforeEach(() => (lifecycle = new ForeignLifecycle(import.meta.dirname)));
  afterEach(() => lifecycle.dispose());
  const CASES: readonly (readonly [string, Record<string, string>, Record<string, string>, number])[] = [
    ["a build, no start", {}, {}, 0],
    ["heroku-postbuild", { "app/package.json": '{"scripts": {"heroku-postbuild": "x"}}' }, {}, 0],
    ["a start", { "app/package.json": '{"scripts": {"build": "x", "start": "y"}}' }, {}, 100],
    ["no build", { "app/package.json": '{"scripts": {}}' }, {}, 100],
    ["no JSON", { "app/package.json": "{" }, {}, 100],
    ["server.js", { "app/server.js": "" }, {}, 100],
    ["a Procfile with web", { "app/Procfile": "worker: x\nweb: y\n" }, {}, 100],
    ["a Procfile without web", { "app/Procfile": "worker: x\n" }, {}, 0],
    ["static.json before all of them", { "app/static.json": "{}", "app/Procfile": "web: y", "app/server.js": "" }, {}, 0],
    ["a variable too", { "app/server.js": "" }, { BP_STATIC_ROOT: "x" }, 0],
    ["Paketo's variable", { "app/server.js": "" }, { BP_WEB_SERVER_ROOT: "x" }, 0],
  ]; // prettier-ignore
  for (const [name, files, env, expected] of CASES) {
    test(`${name}: ${expected}`, () => {
      lifecycle.write({ "app/package.json": '{"scripts": {"build": "vite build"}}', ...files });
      const { code, output } = lifecycle.detect(env);
      assert.deepEqual([code, output], [expected, ""]);
    });
  }
});

describe("the folder", () => {
  let lifecycle: ForeignLifecycle;
  beforeEach(() => (lifecycle = new ForeignLifecycle(import.meta.dirname)));
  afterEach(() => lifecycle.dispose());
  const CASES: readonly (readonly [string[], Record<string, string>, string])[] = [
    [["index.html"], {}, "the whole folder"],
    [["index.html", "public/index.html"], {}, "public/"],
    [["index.html", "public/x.png", "dist/index.html", "package.json"], {}, "dist/"],
    [["public/index.html", "build/index.html", "package.json"], {}, "build/"],
    [["index.html", "dist/shop/browser/index.html", "package.json"], {}, "dist/shop/browser/"],
    [["public/index.html", "package.json"], {}, "public/"],
    [["_site/index.html"], {}, "_site/"],
    [["a/index.html", "public/index.html"], { BP_STATIC_ROOT: "./a/" }, "a/"],
    [["a/index.html", "b/index.html"], { BP_STATIC_ROOT: "b", BP_WEB_SERVER_ROOT: "a" }, "b/"],
  ];
  for (const [files, env, expected] of CASES) {
    test(`${files.join(", ")} ${Object.keys(env).join(", ")}: ${expected}`, () => {
      lifecycle.write(Object.fromEntries(files.map((file) => [`app/${file}`, "{}"])));
      const { output, code } = lifecycle.build("", env);
      assert.equal(code, 0, output);
      assert.match(output, new RegExp(`^Serving ${expected}$`, "m"));
    });
  }
  test("static.json before the variables", () => {
    lifecycle.write({ "app/static.json": '{"root": "a"}', "app/a/x": "", "app/b/x": "" });
    assert.match(lifecycle.build("", { BP_STATIC_ROOT: "b" }).output, /^Serving a\/$/m);
  });
  test("a build that made no pages is no error: it may be a worker's", () => {
    lifecycle.write({ "app/package.json": "{}", "app/index.html": "", "app/dist/worker.js": "" });
    const { code, output, launch } = lifecycle.build();
    assert.deepEqual([code, launch], [0, ""]);
    assert.match(output, /nothing is served as files/);
  });
  const REFUSED: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ BP_STATIC_ROOT: "/etc" }, /the folder `\/etc` that BP_STATIC_ROOT names lies outside the app/],
    [{ BP_WEB_SERVER_ROOT: "none" }, /the folder `none` that BP_WEB_SERVER_ROOT names is not there/],
    [{ BP_STATIC_ROOT: "link" }, /the folder `link` that BP_STATIC_ROOT names lies outside the app/],
  ];
  for (const [env, message] of REFUSED) {
    test(String(message), () => {
      symlinkSync("/etc", join(lifecycle.app, "link"));
      const { code, output } = lifecycle.build("", env);
      assert.equal(code, 1);
      assert.match(output, message);
    });
  }
});

describe("static.json", () => {
  let lifecycle: ForeignLifecycle;
  beforeEach(() => (lifecycle = new ForeignLifecycle(import.meta.dirname)));
  afterEach(() => lifecycle.dispose());

  const REFUSED: readonly (readonly [string, RegExp])[] = [
    ["{", /ERROR: static\.json is not valid JSON/],
    ["[]", /is not a JSON object/],
    ['{"root": 1}', /`root` must be of type string/],
    ['{"root": "../x"}', /the folder `\.\.\/x` that static\.json names lies outside the app/],
    ['{"root": "/etc"}', /the folder `\/etc` that static\.json names lies outside the app/],
    ['{"root": "none"}', /the folder `none` that static\.json names is not there/],
    ['{"routes": []}', /`routes` must be of type object/],
    ['{"routes": {"/x": 1}}', /the route `\/x` is no path of a file/],
    [
      '{"proxies": {"/api/": {"origin": "https://x"}}}',
      /`proxies` is not supported: this server passes no requests on/,
    ],
    ['{"basic_auth_file": ".htpasswd"}', /`basic_auth_file` is not supported: use `basic_auth`/],
    ['{"redirects": {"/x": {}}}', /the redirect `\/x` has no `url`/],
    ['{"redirects": {"/x": {"url": "/y", "status": 200}}}', /has the status 200, not one of 301, 302/],
    ['{"headers": {"/": "x"}}', /the headers of `\/` are no object/],
    ['{"headers": {"/": {"X-A": "a\\nb"}}}', /`X-A` of `\/` is no header/],
    ['{"headers": {"/": {"a b": "c"}}}', /`a b` of `\/` is no header/],
    ['{"headers": {"/": {"Content-Length": "1"}}}', /the header `Content-Length` is the server's own/],
    ['{"canonical_host": "a b"}', /`canonical_host` is `a b`, which is no host/],
  ];
  for (const [text, message] of REFUSED) {
    test(text, () => {
      lifecycle.write({ "app/static.json": text });
      const { code, output } = lifecycle.build();
      assert.equal(code, 1);
      assert.match(output, message);
    });
  }

  test("root, clean URLs, error page, routes; a key we do not know is named", async () => {
    const config = {
      root: "dist/",
      clean_urls: true,
      error_page: "oops.html",
      routes: { "/app/**": "app.html" },
      worker_connections: 5,
    };
    lifecycle.write({
      "app/static.json": JSON.stringify(config),
      "app/dist/about.html": "about",
      "app/dist/oops.html": "oops",
      "app/dist/app.html": "app",
    });
    assert.match(lifecycle.build().output, /Warning: static\.json: `worker_connections` is not supported/);
    const { port, child } = await serve(lifecycle);
    try {
      const seen = async (path: string): Promise<string> => {
        const { status, body } = await get(port, path);
        return `${status} ${body}`;
      };
      assert.deepEqual(await seen("/about"), "200 about");
      assert.deepEqual(await seen("/app/a/b"), "200 app");
      assert.deepEqual(await seen("/application"), "404 oops");
      assert.deepEqual(await seen("/static.json"), "404 oops");
    } finally {
      await stop(child);
    }
  });
});

describe("the server", () => {
  const lifecycle = new ForeignLifecycle(import.meta.dirname);
  let port = 0;
  let child: ChildProcess;
  before(async () => {
    lifecycle.write({
      "secret.txt": "outside",
      "app/index.html": "home",
      "app/404.html": "lost",
      "app/a b.txt": "0123456789",
      "app/dir/index.html": "dir",
      "app/empty.css": "",
      "app/.env": "SECRET=1",
      "app/.git/config": "x",
      "app/.well-known/security.txt": "contact",
      "app/Procfile": "web: x",
      "app/data/Procfile": "a file of that name",
      "app/bare/x": "",
    });
    symlinkSync("../secret.txt", join(lifecycle.app, "out.txt"));
    symlinkSync("/", join(lifecycle.app, "top"));
    symlinkSync(".env", join(lifecycle.app, "env.txt"));
    symlinkSync("a b.txt", join(lifecycle.app, "in.txt"));
    symlinkSync("loop", join(lifecycle.app, "loop"));
    assert.equal(lifecycle.build().code, 0);
    ({ port, child } = await serve(lifecycle));
  });
  after(async () => {
    assert.equal(await stop(child), 0, "SIGTERM ends it in good order");
    lifecycle.dispose();
  });

  const FOUND: readonly (readonly [path: string, body: string, type: string])[] = [
    ["/", "home", "text/html; charset=utf-8"],
    ["/?q=1", "home", "text/html; charset=utf-8"],
    ["/a%20b.txt", "0123456789", "text/plain; charset=utf-8"],
    ["/in.txt", "0123456789", "text/plain; charset=utf-8"],
    ["/dir/", "dir", "text/html; charset=utf-8"],
    ["//dir//", "dir", "text/html; charset=utf-8"],
    ["/empty.css", "", "text/css; charset=utf-8"],
    ["/.well-known/security.txt", "contact", "text/plain; charset=utf-8"],
    ["/data/Procfile", "a file of that name", "application/octet-stream"],
  ];
  for (const [path, body, type] of FOUND) {
    test(`GET ${path}`, async () => {
      const answer = await get(port, path);
      assert.deepEqual([answer.status, answer.body, answer.headers["content-type"]], [200, body, type]);
      assert.equal(answer.headers["content-length"], String(body.length));
      const head = await get(port, path, { method: "HEAD" });
      assert.deepEqual(
        [head.status, head.body, head.headers["content-length"], head.headers.etag],
        [200, "", String(body.length), answer.headers.etag],
      );
    });
  }

  const HIDDEN = [
    "/.env", "/%2eenv", "/.git/config", "/dir/../.env", "/env.txt", "/out.txt", "/top/etc/passwd", "/../secret.txt", "/%2e%2e/secret.txt",
    "/..%2fsecret.txt", "/dir/..%2f..%2f..%2fsecret.txt", "/%5c..%5csecret.txt", "/Procfile", "/none", "/a%20b.txt/", "/loop", "/bare/", "/bare",
    `/${"x".repeat(300)}`, "/dir/.well-known/x",
  ]; // prettier-ignore
  for (const path of HIDDEN) {
    test(`GET ${path.slice(0, 40)}: 404 and the error page`, async () => {
      const { status, body, headers } = await get(port, path);
      assert.deepEqual([status, body, headers["content-type"]], [404, "lost", "text/html; charset=utf-8"]);
    });
  }

  test("bad targets: 400", async () => {
    for (const path of ["/%", "/%zz", "/a%00b", "/%c3%28"]) assert.equal((await get(port, path)).status, 400, path);
  });
  test("a directory without its slash: to the one with it, query kept, never to another host", async () => {
    const to = async (path: string): Promise<string | undefined> => (await get(port, path)).headers.location;
    assert.deepEqual([await to("/dir"), await to("/dir?a=b"), await to("//dir")], ["/dir/", "/dir/?a=b", "/dir/"]);
  });
  test("other methods: 405", async () => {
    const { status, headers } = await get(port, "/", { method: "POST" });
    assert.deepEqual([status, headers.allow], [405, "GET, HEAD"]);
  });
  test("If-None-Match", async () => {
    const { headers } = await get(port, "/");
    const etag = headers.etag ?? "";
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const { status, body } = await get(port, "/", { headers: { "if-none-match": known } });
      assert.deepEqual([status, body], [304, ""], known);
    }
    assert.equal((await get(port, "/", { headers: { "if-none-match": '"x"' } })).status, 200);
    assert.equal((await get(port, "/none", { headers: { "if-none-match": "*" } })).status, 404);
  });

  const RANGES: readonly (readonly [range: string, status: number, body: string, contentRange?: string])[] = [
    ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-2", 206, "89", "bytes 8-9/10"],
    ["bytes=-99", 206, "0123456789", "bytes 0-9/10"],
    ["bytes=5-99", 206, "56789", "bytes 5-9/10"],
    ["bytes=10-", 416, "Range not satisfiable\n", "bytes */10"],
    ["bytes=-0", 416, "Range not satisfiable\n", "bytes */10"],
    ["bytes=3-1", 200, "0123456789"],
    ["bytes=0-1,3-4", 200, "0123456789"],
    ["items=0-1", 200, "0123456789"],
    ["bytes=-", 200, "0123456789"],
  ];
  for (const [range, status, body, contentRange] of RANGES) {
    test(`Range: ${range}`, async () => {
      const answer = await get(port, "/a%20b.txt", { headers: { range } });
      assert.deepEqual([answer.status, answer.body, answer.headers["content-range"]], [status, body, contentRange]);
    });
  }
  test("If-Range of another version gives the whole file", async () => {
    const { headers } = await get(port, "/in.txt");
    const ask = (tag: string): Promise<Answer> =>
      get(port, "/in.txt", { headers: { range: "bytes=0-0", "if-range": tag } });
    assert.deepEqual([(await ask('"x"')).status, (await ask(headers.etag ?? "")).status], [200, 206]);
  });
  test("a client that goes away in the middle harms nobody", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /a%20b.txt HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "connect");
    socket.destroy();
    assert.equal((await get(port, "/")).status, 200);
  });
});

describe("what static.json and the variables ask for", () => {
  let lifecycle: ForeignLifecycle;
  let running: ChildProcess | undefined;
  beforeEach(() => (lifecycle = new ForeignLifecycle(import.meta.dirname)));
  afterEach(async () => {
    if (running !== undefined) await stop(running);
    running = undefined;
    lifecycle.dispose();
  });
  async function site(options: {
    files: Record<string, string | Uint8Array>;
    config?: object;
    env?: Record<string, string>;
  }): Promise<number> {
    lifecycle.write(Object.fromEntries(Object.entries(options.files).map(([name, text]) => [`app/${name}`, text])));
    if (options.config !== undefined) lifecycle.write({ "app/static.json": JSON.stringify(options.config) });
    const { code, output } = lifecycle.build("", options.env);
    assert.equal(code, 0, output);
    const { port, child } = await serve(lifecycle, options.env);
    running = child;
    return port;
  }

  test("redirects, before files, with their status; `*` and `**`", async () => {
    const redirects = {
      "/old": "/new",
      "/a/*": { url: "https://example.org/", status: 302 },
      "/b/**": { url: "/c", status: 308 },
    };
    const port = await site({ files: { "index.html": "", old: "file" }, config: { redirects } });
    const seen = async (path: string): Promise<unknown[]> => {
      const { status, headers } = await get(port, path);
      return [status, headers.location];
    };
    assert.deepEqual(await seen("/old?x=1"), [301, "/new"]);
    assert.deepEqual(await seen("/a/x"), [302, "https://example.org/"]);
    assert.deepEqual(await seen("/a/x/y"), [404, undefined]);
    assert.deepEqual(await seen("/b/x/y"), [308, "/c"]);
  });

  test("headers by pattern, the last wins, over the server's own too; on errors as well", async () => {
    const headers = {
      "/**": { "X-Frame-Options": "DENY", "Cache-Control": "max-age=60" },
      "/assets/*": { "cache-control": "max-age=5", "Content-Type": "text/x-own" },
    };
    const port = await site({ files: { "index.html": "", "assets/a.js": "" }, config: { headers } });
    const seen = async (path: string): Promise<unknown[]> => {
      const { status, headers: got } = await get(port, path);
      return [status, got["x-frame-options"], got["cache-control"], got["content-type"]];
    };
    assert.deepEqual(await seen("/"), [200, "DENY", "max-age=60", "text/html; charset=utf-8"]);
    assert.deepEqual(await seen("/assets/a.js"), [200, "DENY", "max-age=5", "text/x-own"]);
    assert.deepEqual((await seen("/none")).slice(0, 2), [404, "DENY"]);
  });

  test("https_only: only what came by http is sent on; to the same host and path", async () => {
    const port = await site({ files: { "index.html": "home" }, config: { https_only: true } });
    const seen = async (headers: Record<string, string>): Promise<unknown[]> => {
      const { status, headers: got } = await get(port, "//x/y?q", { headers });
      return [status, got.location];
    };
    assert.deepEqual(await seen({ "x-forwarded-proto": "http", host: "shop.org" }), [301, "https://shop.org/x/y?q"]);
    assert.deepEqual(await seen({ "x-forwarded-proto": "https", host: "shop.org" }), [404, undefined]);
    assert.deepEqual(await seen({ host: "shop.org" }), [404, undefined]);
    assert.deepEqual(await seen({ "x-forwarded-proto": "http", host: "a b" }), [404, undefined]);
  });

  test("canonical_host: other hosts are sent there, a port does not count", async () => {
    const port = await site({ files: { "index.html": "home" }, config: { canonical_host: "shop.org" } });
    const seen = async (host: string): Promise<unknown[]> => {
      const { status, headers } = await get(port, "/x", { headers: { host, "x-forwarded-proto": "https" } });
      return [status, headers.location];
    };
    assert.deepEqual(await seen("www.shop.org"), [301, "https://shop.org/x"]);
    assert.deepEqual(await seen("SHOP.org:8080"), [404, undefined]);
  });

  test("basic_auth: nothing without the login; no start without one that is set", async () => {
    const env = { BASIC_AUTH_USERNAME: "ada", BASIC_AUTH_PASSWORD: "pä:ss" };
    const port = await site({ files: { "index.html": "secret" }, config: { basic_auth: true }, env });
    const ask = async (login?: string): Promise<unknown[]> => {
      const headers = login === undefined ? {} : { authorization: `Basic ${Buffer.from(login).toString("base64")}` };
      const { status, body, headers: got } = await get(port, "/", { headers });
      return [status, body, got["www-authenticate"]];
    };
    const refused = [401, "Unauthorized\n", 'Basic realm="app", charset="UTF-8"'];
    assert.deepEqual(await ask(), refused);
    assert.deepEqual(await ask("ada:wrong"), refused);
    assert.deepEqual(await ask("ada:pä:ss"), [200, "secret", undefined]);
    const { processes } = parse(lifecycle.read("layers/launch.toml") ?? "") as { processes: { command: string[] }[] };
    const args = processes[0]?.command.slice(1) ?? [];
    const { status, stderr } = spawnSync(process.execPath, args, {
      cwd: lifecycle.app,
      env: { PORT: "0" },
      encoding: "utf8",
    });
    assert.equal(status, 1);
    assert.match(stderr, /set BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD in the app's config/);
  });

  const PAGES: readonly (readonly [string, Record<string, string>, Record<string, string>, boolean])[] = [
    ["a built app with one page", { "package.json": "{}", "dist/index.html": "page" }, {}, true],
    [
      "a 404.html says otherwise",
      { "package.json": "{}", "dist/index.html": "page", "dist/404.html": "lost" },
      {},
      false,
    ],
    ["no build", { "public/index.html": "page" }, {}, false],
    ["asked for by variable", { "public/index.html": "page" }, { BP_WEB_SERVER_ENABLE_PUSH_STATE: "true" }, true],
  ];
  for (const [name, files, env, expected] of PAGES) {
    test(`single page: ${name}: ${expected}`, async () => {
      const port = await site({ files, env });
      const page = async (path: string, accept = "text/html,*/*;q=0.8"): Promise<string> => {
        const { status, body } = await get(port, path, { headers: { accept } });
        return `${status} ${body.trim()}`;
      };
      const lost = files["dist/404.html"] === undefined ? "404 Not found" : "404 lost";
      assert.equal(await page("/users/7"), expected ? "200 page" : lost);
      assert.equal(await page("/assets/gone.js", "*/*"), lost);
      assert.equal(await page("/users/7", "application/json"), lost);
      assert.equal(await page("/.git"), lost);
    });
  }
  test("compressed forms: the smallest that is taken, with a tag of its own; ranges and small files as they are", async () => {
    const script = "export const x = 1; // the same again and again\n".repeat(200);
    const port = await site({ files: { "index.html": "home", "app.js": script, "noise.bin": Buffer.alloc(5000, 1) } });
    const ask = (path: string, headers: Record<string, string>): Promise<Answer> => get(port, path, { headers });
    const plain = await ask("/app.js", {});
    assert.deepEqual(
      [plain.headers["content-encoding"], plain.headers.vary, plain.body],
      [undefined, "accept-encoding", script],
    );
    const CASES: readonly (readonly [string, string | undefined])[] = [
      ["gzip, deflate, br", "br"],
      ["gzip", "gzip"],
      ["br;q=0, gzip", "gzip"],
      ["*", "br"],
      ["*;q=0", undefined],
      ["GZIP;q=0.5", "gzip"],
      ["identity", undefined],
      ["brotli", undefined],
    ];
    for (const [accepted, encoding] of CASES) {
      const { headers } = await ask("/app.js", { "accept-encoding": accepted });
      assert.equal(headers["content-encoding"], encoding, accepted);
      assert.equal(headers.etag === plain.headers.etag, encoding === undefined);
      assert.ok(
        encoding === undefined ? Number(headers["content-length"]) > 9000 : Number(headers["content-length"]) < 200,
      );
    }
    const { headers } = await ask("/app.js", { "accept-encoding": "br" });
    assert.equal((await ask("/app.js", { "accept-encoding": "br", "if-none-match": headers.etag ?? "" })).status, 304);
    assert.equal((await ask("/app.js", { "if-none-match": headers.etag ?? "" })).status, 200);
    const part = await ask("/app.js", { "accept-encoding": "br", range: "bytes=0-5" });
    assert.deepEqual([part.status, part.body, part.headers["content-encoding"]], [206, "export", undefined]);
    for (const path of ["/", "/noise.bin"])
      assert.equal((await ask(path, { "accept-encoding": "br" })).headers["content-encoding"], undefined, path);
    const bytes = await raw(port, "/app.js", "br");
    assert.equal(brotliDecompressSync(bytes).toString(), script);
    lifecycle.write({ "app/app.js": "changed since the build\n" });
    const { headers: later, body } = await ask("/app.js", { "accept-encoding": "br" });
    assert.deepEqual([later["content-encoding"], body], [undefined, "changed since the build\n"]);
  });

  test("compressed forms of an earlier build are used again, those of no file go", async () => {
    const page = (text: string): string => `<p>${text.repeat(2000)}</p>`;
    await site({ files: { "public/index.html": page("a"), "public/b.html": page("b") } });
    const forms = (): Map<string, number> =>
      new Map(
        readdirSync(join(lifecycle.layers, "compressed")).map((name) => [
          name,
          statSync(join(lifecycle.layers, "compressed", name)).ino,
        ]),
      );
    const before = forms();
    assert.equal(before.size, 4);
    lifecycle.write({ "app/public/b.html": page("c") });
    lifecycle.restore("compressed");
    assert.equal(lifecycle.build().code, 0);
    const after = forms();
    assert.equal([...after].filter(([name, inode]) => before.get(name) === inode).length, 2);
    assert.equal(after.size, 4);
  });

  test("SIGTERM: what is under way is finished, idle connections end, nothing new is taken; exit 0", async () => {
    const port = await site({ files: { "index.html": "home", "large.bin": Buffer.alloc(64 * 1024 * 1024, 7) } });
    const idle = connect(port, "127.0.0.1");
    const slow = connect(port, "127.0.0.1");
    for (const [socket, path] of [
      [idle, "/"],
      [slow, "/large.bin"],
    ] as const) {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await once(socket, "readable");
    }
    const child = running;
    running = undefined;
    assert.ok(child !== undefined);
    const exited = once(child, "exit") as Promise<[number | null]>;
    const idleEnded = once(idle.resume(), "end");
    child.kill("SIGTERM");
    await idleEnded;
    let bytes = 0;
    slow.on("data", (chunk: Buffer) => (bytes += chunk.length));
    assert.equal((await exited)[0], 0);
    assert.ok(bytes >= 64 * 1024 * 1024, `${bytes} bytes came`);
    idle.destroy();
    slow.destroy();
  });
});

/** The body's bytes as they were sent. */
async function raw(port: number, path: string, encoding: string): Promise<Buffer> {
  const call = request({ port, path, host: "127.0.0.1", agent: false, headers: { "accept-encoding": encoding } });
  call.end();
  const [response] = (await once(call, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe("how long a file may be kept", () => {
  const KEPT = [
    "/main.3f2a1b4c.js",
    "/index-BkH2xQ0p.css",
    "/a/chunk-7Hh3kZ.ab12cd34ef.js",
    "/logo.8f3e2d1c9b0a.svg",
    "/main.3f2a1b4c.js.map",
  ];
  const ASKED = ["/index.html", "/page-3f2a1b4c.html", "/main.js", "/report-20240101.pdf", "/app-release10.js", "/december-january.js", "/deadbeef.js", "/x.abcdefgh.js", "/jquery-3.7.1.min.js"]; // prettier-ignore
  test("a year for names made from the content, else every use is asked for", () => {
    for (const path of KEPT) assert.equal(cachePolicy(path), "public, max-age=31536000, immutable", path);
    for (const path of ASKED) assert.equal(cachePolicy(path), "no-cache", path);
  });
});
