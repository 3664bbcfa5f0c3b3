import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { symlinkSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { parse } from "smol-toml";
import { ForeignLifecycle } from "../foreign-lifecycle.ts";

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

/** Starts the process `web` of launch.toml, as the app's owner would; ended by `stop`. */
async function serve(lifecycle: ForeignLifecycle): Promise<{ port: number; child: ChildProcess }> {
  const { processes } = parse(lifecycle.read("layers/launch.toml") ?? "") as { processes: { command: string[] }[] };
  const [, ...args] = processes[0]?.command ?? [];
  const child = spawn(process.execPath, args, {
    cwd: lifecycle.app,
    env: { PORT: "0" },
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
    [["public/index.html", "package.json"], 0],
    [["public/about.html"], 100],
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

describe("static.json", () => {
  let lifecycle: ForeignLifecycle;
  beforeEach(() => (lifecycle = new ForeignLifecycle(import.meta.dirname)));
  afterEach(() => lifecycle.dispose());

  const REFUSED: readonly (readonly [string, RegExp])[] = [
    ["{", /ERROR: static\.json is not valid JSON/],
    ["[]", /is not a JSON object/],
    ['{"root": 1}', /`root` must be of type string/],
    ['{"root": "../x"}', /`root` lies outside the app/],
    ['{"root": "/etc"}', /`root` lies outside the app/],
    ['{"root": "none"}', /the folder `none` that static\.json names is not there/],
    ['{"routes": []}', /`routes` must be of type object/],
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
      headers: {},
    };
    lifecycle.write({
      "app/static.json": JSON.stringify(config),
      "app/dist/about.html": "about",
      "app/dist/oops.html": "oops",
      "app/dist/app.html": "app",
    });
    assert.match(lifecycle.build().output, /Warning: static\.json: `headers` is not supported/);
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
