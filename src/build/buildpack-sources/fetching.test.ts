import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { create } from "tar";
import { AddressGuard, type Lookup } from "../../lib/address-guard.ts";
import { BuildBench } from "../testing/build-bench.ts";
import { HELLO_BOTH, HELLO_MOON, HELLO_WORLD, packCnb, scriptBuildpack, writeFiles } from "../testing/third-party.ts";
import { BuildpackSources } from "./buildpack-sources.ts";
import type { ChosenBuildpacks } from "./chosen-buildpacks.ts";
import { FETCH_LIMITS, type FetchLimits } from "./fetch-limits.ts";

const BASE_PATH = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
const GIT_ENV = {
  PATH: BASE_PATH,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  ...{ GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a@b", GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a@b" },
};

let bench: BuildBench;
let server: Server;
let port = 0;
/** What the server was asked for. */
let asked: string[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => response.end();

before(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
after(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  bench = new BuildBench();
  bench.write({ "order.toml": "order = []\n" }, "buildpacks");
  asked = [];
});
afterEach(() => {
  server.closeAllConnections();
  bench.dispose();
});

type Options = {
  readonly allowed?: readonly string[];
  readonly limits?: Partial<FetchLimits>;
  readonly lookup?: Lookup;
};

function open({ allowed = ["127.0.0.1"], limits = {}, lookup }: Options = {}): BuildpackSources {
  const clock = { now: () => 1_234, sleep: (): Promise<void> => Promise.reject(new Error("nothing waits here")) };
  return new BuildpackSources({
    directory: join(bench.root, "home/buildpacks"),
    ownDirectory: join(bench.root, "buildpacks"),
    guard: lookup === undefined ? new AddressGuard(allowed) : new AddressGuard(allowed, lookup),
    ...{ basePath: BASE_PATH, clock },
    limits: { ...FETCH_LIMITS, ...limits },
  });
}

function choose(url: string, sources = open(), signal = new AbortController().signal): Promise<ChosenBuildpacks> {
  const root = bench.write({}, "source");
  return sources.choose({
    contract: { appJson: {} },
    named: { override: [url], setting: [] },
    source: { root, base: root },
    onLine: () => undefined,
    signal,
  });
}

const ids = ({ order }: ChosenBuildpacks): string =>
  order
    .flat()
    .map(({ buildpack }) => `${buildpack.id}@${buildpack.version}`)
    .join(" ");
const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
/** Nothing of a failed fetch is left. */
const left = (): string[] => {
  const trees = join(bench.root, "home/buildpacks/trees");
  return existsSync(trees) ? readdirSync(trees) : [];
};

async function archive(files: Parameters<typeof writeFiles>[1] = HELLO_MOON): Promise<Buffer> {
  const directory = writeFiles(join(bench.root, "made"), files);
  const file = join(bench.root, "made.tgz");
  await create({ cwd: directory, file, gzip: true, portable: true }, ["."]);
  return readFileSync(file);
}

describe("archives over http", () => {
  test("are fetched once while the server says that they are unchanged", async () => {
    const bytes = await archive();
    answer = (request, response) => {
      if (request.headers["if-none-match"] === '"1"') return void response.writeHead(304).end();
      response.writeHead(200, { etag: '"1"' }).end(bytes);
    };
    const sources = open();
    const first = await choose(url("/moon.tgz"), sources);
    assert.equal(ids(first), "example/hello-moon@1.0.0");
    assert.match(
      first.notes.join(),
      /^example\/hello-moon 1\.0\.0 from http:\/\/127\.0\.0\.1:\d+\/moon\.tgz \(sha256 [0-9a-f]{12}\)$/,
    );
    assert.equal((await choose(url("/moon.tgz"), sources)).digest, first.digest);
    assert.equal(asked.length, 2);
    assert.equal(left().length, 1);
  });

  test("another content is another digest", async () => {
    const contents = [await archive(), await archive(scriptBuildpack("example/hello-moon", { build: "exit 3" }))];
    answer = (_request, response) => response.end(contents[asked.length - 1]);
    const sources = open();
    const first = await choose(url("/moon.tgz"), sources);
    assert.notEqual((await choose(url("/moon.tgz"), sources)).digest, first.digest);
  });

  test("a redirect is followed, and each hop judged", async () => {
    const bytes = await archive();
    answer = (request, response) =>
      request.url === "/old.tgz" ? response.writeHead(302, { location: "/new.tgz" }).end() : response.end(bytes);
    assert.equal(ids(await choose(url("/old.tgz"))), "example/hello-moon@1.0.0");
    assert.deepEqual(asked, ["GET /old.tgz", "GET /new.tgz"]);
  });

  test("security rule 11: a name is resolved once, and that address is connected to", async () => {
    const bytes = await archive();
    answer = (_request, response) => response.end(bytes);
    let lookups = 0;
    const lookup: Lookup = () => {
      lookups += 1;
      return Promise.resolve([{ address: lookups === 1 ? "127.0.0.1" : "10.0.0.1", family: 4 }]);
    };
    assert.equal(
      ids(await choose(`http://rebind.example:${port}/moon.tgz`, open({ lookup }))),
      "example/hello-moon@1.0.0",
    );
    assert.equal(lookups, 1);
  });
});

describe("security rule 11: what is not fetched, and leaves nothing", () => {
  const REFUSED: readonly (readonly [name: string, path: string, problem: RegExp, answer: typeof answer])[] = [
    [
      "a redirect to a private address",
      "/a.tgz",
      /169\.254\.169\.254 is no public address/,
      (_, r) => r.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end(),
    ],
    [
      "a redirect to this machine by another name",
      "/a.tgz",
      /::1 is no public address/,
      (_, r) => r.writeHead(307, { location: `http://[::1]:${port}/a.tgz` }).end(),
    ],
    [
      "a redirect to a file",
      "/a.tgz",
      /no http\(s\) address/,
      (_, r) => r.writeHead(302, { location: "file:///etc/passwd" }).end(),
    ],
    [
      "a redirect with credentials",
      "/a.tgz",
      /with credentials/,
      (_, r) => r.writeHead(302, { location: `http://u:p@127.0.0.1:${port}/` }).end(),
    ],
    [
      "redirects without end",
      "/a.tgz",
      /redirected more than 5 times/,
      (_, r) => r.writeHead(302, { location: "/a.tgz" }).end(),
    ],
    ["an answer that is an error", "/a.tgz", /the server answered 404/, (_, r) => r.writeHead(404).end()],
    ["a server that never answers", "/a.tgz", /nothing came for 0\.3 s/, () => undefined],
    [
      "a server that stops in the middle",
      "/a.tgz",
      /nothing came for 0\.3 s|cannot be reached/,
      (_, r) => void r.write("x"),
    ],
    ["a connection that breaks", "/a.tgz", /cannot be reached/, (q) => q.socket.destroy()],
    [
      "a file that says it is too large",
      "/a.tgz",
      /larger than 100000 bytes/,
      (_, r) => void r.writeHead(200, { "content-length": "100001" }).write("x"),
    ],
    ["a file that is too large", "/a.tgz", /larger than 100000 bytes/, (_, r) => void r.end(Buffer.alloc(200_000))],
  ];
  const limits = { download: { bytesMax: 100_000, totalMs: 5_000, idleMs: 300, redirectsMax: 5 } };
  for (const [name, path, message, how] of REFUSED) {
    test(name, async () => {
      answer = how;
      await assert.rejects(choose(url(path), open({ limits })), { code: "E_BUILDPACK_FETCH", message });
      assert.deepEqual(left(), []);
    });
  }

  test("this machine, unless the operator permits it; by any spelling", async () => {
    for (const host of ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0"]) {
      for (const path of ["/a.tgz", "/repository.git"])
        await assert.rejects(
          choose(`http://${host}:${port}${path}`, open({ allowed: [] })),
          { code: "E_BUILDPACK_FETCH", message: /no public address/, hint: /PORTSIDE_FETCH_NETWORKS/ },
          host,
        );
    }
    assert.deepEqual(asked, []);
  });

  test("a cancel ends it at once", async () => {
    answer = () => abort.abort();
    const abort = new AbortController();
    await assert.rejects(choose(url("/a.tgz"), open(), abort.signal), { code: "E_CANCELLED" });
    assert.deepEqual(left(), []);
  });
});

describe("security rule 10: archives that are traps", () => {
  const SMALL = { archive: { entriesMax: 20, bytesMax: 1_000_000 } };
  const refuse = async (bytes: Buffer, message: RegExp, name = "/a.tgz"): Promise<void> => {
    answer = (_request, response) => response.end(bytes);
    await assert.rejects(choose(url(name), open({ limits: SMALL })), { code: "E_BUILDPACK_INVALID", message });
    assert.deepEqual(left(), []);
  };
  const tarOf = (...entries: readonly (readonly [name: string, type: string, link: string])[]): Buffer =>
    gzipSync(Buffer.concat([...entries.map(([name, type, link]) => header(name, type, link)), Buffer.alloc(1024)]));

  test("gigabytes of zeros in a few bytes", () =>
    refuse(gzipSync(Buffer.alloc(60_000_000)), /more than 1000000 bytes|damaged/));
  test("a file that claims and holds too much", async () => {
    const made = writeFiles(join(bench.root, "big"), { "buildpack.toml": "x".repeat(1_500_000) });
    await create({ cwd: made, file: join(bench.root, "big.tgz"), gzip: true }, ["."]);
    await refuse(readFileSync(join(bench.root, "big.tgz")), /more than 1000000 bytes/);
  });
  test("many entries", () =>
    refuse(
      tarOf(...Array.from({ length: 30 }, (_, index) => [`f${index}`, "0", ""] as const)),
      /more than 20 entries/,
    ));
  test("a name that leaves it", () => refuse(tarOf(["../../escaped", "0", ""]), /leaves the folder/));
  test("an absolute name", () => refuse(tarOf(["/etc/escaped", "0", ""]), /is absolute/));
  test("a link out of it", () => refuse(tarOf(["bin", "2", "/etc"]), /points outside/));
  test("a file through a link", () =>
    refuse(tarOf(["bin", "2", "lib"], ["bin/detect", "0", ""]), /lies below the link/));
  test("a hard link", () => refuse(tarOf(["shadow", "1", "/etc/shadow"]), /neither a file nor a link/));
  test("a device", () => refuse(tarOf(["tty", "3", ""]), /neither a file nor a link/));
  test("nothing", () => refuse(Buffer.alloc(0), /damaged/));
});

describe("cnb.md §2: .cnb files", () => {
  const MOON = { id: "example/hello-moon", version: "1.0.0", files: HELLO_MOON };
  const WORLD = { id: "example/hello-world", version: "1.0.0", files: HELLO_WORLD };
  const BOTH = { id: "example/hello", version: "2.0.0", files: HELLO_BOTH };
  const file = (): string => join(bench.root, "one.cnb");

  test("one buildpack; it is unpacked once", async () => {
    const path = await packCnb(file(), [MOON]);
    const sources = open();
    const first = await choose(path, sources);
    assert.equal(ids(first), "example/hello-moon@1.0.0");
    assert.equal((await choose(path, sources)).digest, first.digest);
    assert.equal(left().length, 1);
  });

  test("a composite with what it stands for, over http", async () => {
    const bytes = readFileSync(await packCnb(file(), [BOTH, MOON, WORLD]));
    answer = (_request, response) => response.end(bytes);
    const chosen = await choose(url("/hello.cnb"));
    assert.equal(ids(chosen), "example/hello@2.0.0");
    for (const { id, version } of [MOON, WORLD]) assert.equal(chosen.lookup(id, version)?.id, id);
    assert.equal(chosen.lookup("example/hello-moon", "9.9.9"), undefined);
  });

  const spoil = (change: (bytes: Buffer) => Buffer) => async (): Promise<string> => {
    const path = await packCnb(file(), [MOON]);
    writeFileSync(path, change(readFileSync(path)));
    return path;
  };
  const METADATA = "io.buildpacks.buildpackage.metadata";
  const LAYERS = "io.buildpacks.buildpack.layers";
  const DIFF = `sha256:${"ab".repeat(32)}`;
  const named = (layers: unknown): Record<string, string> => ({
    [METADATA]: JSON.stringify({ id: MOON.id, version: MOON.version }),
    [LAYERS]: JSON.stringify(layers),
  });
  const CASES: readonly (readonly [name: string, make: () => Promise<string>, message: RegExp])[] = [
    ["cut in the middle", spoil((bytes) => bytes.subarray(0, 3_000)), /damaged|in the middle|it has no blobs/],
    ["cut before the index", spoil((bytes) => bytes.subarray(0, 1_024)), /neither a buildpack\.toml|damaged/],
    ["a wrong digest", () => packCnb(file(), [MOON], { wrongDigest: true }), /another content than its name says/],
    ["no labels", () => packCnb(file(), [MOON], { labels: {} }), /no label io\.buildpacks\.buildpackage\.metadata/],
    ["a label that is no JSON", () => packCnb(file(), [MOON], { labels: { [METADATA]: "{" } }), /is not JSON/],
    [
      "a label of another form",
      () => packCnb(file(), [MOON], { labels: { ...named([]), [METADATA]: "[]" } }),
      /buildpackage\.metadata/,
    ],
    [
      "a layer that is not there",
      () => packCnb(file(), [MOON], { labels: named({ [MOON.id]: { "1.0.0": { layerDiffID: DIFF } } }) }),
      /is not among its layers/,
    ],
    ["about something it lacks", () => packCnb(file(), [WORLD], { labels: named({}) }), /which it does not hold/],
    [
      "files that lie elsewhere",
      () => packCnb(file(), [MOON], { rename: (path) => `/opt/${path}` }),
      /has no \/cnb\/buildpacks\/example_hello-moon/,
    ],
    [
      "a traversal in a layer",
      () => packCnb(file(), [MOON], { rename: (path) => `/cnb/buildpacks/../../../${path}` }),
      /leaves the folder/,
    ],
    [
      "another id inside",
      () => packCnb(file(), [{ ...MOON, files: HELLO_WORLD }]),
      /what it calls example\/hello-moon@1\.0\.0 is example\/hello-world/,
    ],
  ];
  for (const [name, make, message] of CASES) {
    test(`bad input: ${name}`, async () => {
      await assert.rejects(choose(await make()), { code: "E_BUILDPACK_INVALID", message });
      assert.deepEqual(left(), []);
      assert.ok(!existsSync(join(bench.root, "cnb")));
    });
  }
});

/** A header of a tar entry without content, by the POSIX form. */
function header(name: string, type: string, link: string): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write("0000755\0", 100);
  block.write("0000000\0", 108);
  block.write("0000000\0", 116);
  block.write("00000000000\0", 124);
  block.write("00000000000\0", 136);
  block.write("        ", 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

describe("git repositories", () => {
  let repository = "";
  const git = (...args: string[]): string => {
    const done = spawnSync("git", ["-C", repository, ...args], { env: GIT_ENV, encoding: "utf8" });
    assert.equal(done.status, 0, `git ${args.join(" ")}: ${done.stderr}`);
    return done.stdout.trim();
  };
  const commit = (files: Parameters<typeof writeFiles>[1], message: string): string => {
    writeFiles(repository, files);
    git("add", "-A");
    git("commit", "-qm", message);
    return git("rev-parse", "HEAD");
  };
  beforeEach(() => {
    repository = join(bench.root, "repositories/hello.git");
    mkdirSync(repository, { recursive: true });
    git("init", "-q", "-b", "main");
    commit(HELLO_MOON, "first");
    answer = serveGit;
  });

  /** The protocol over http as every host speaks it: git's own program behind CGI. */
  function serveGit(request: IncomingMessage, response: ServerResponse): void {
    const at = new URL(request.url ?? "", "http://x");
    const child = spawn("git", ["http-backend"], {
      env: {
        ...GIT_ENV,
        ...{ GIT_PROJECT_ROOT: join(bench.root, "repositories"), GIT_HTTP_EXPORT_ALL: "1", REMOTE_ADDR: "127.0.0.1" },
        ...{ REQUEST_METHOD: request.method ?? "", PATH_INFO: at.pathname, QUERY_STRING: at.search.slice(1) },
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: String(request.headers["content-encoding"] ?? ""),
        GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      },
    });
    request.pipe(child.stdin);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", () => {
      const whole = Buffer.concat(chunks);
      const end = whole.indexOf("\r\n\r\n");
      const headers = whole
        .subarray(0, end)
        .toString()
        .split("\r\n")
        .map((line) => line.split(": "));
      const status = headers.find(([name]) => name === "Status")?.[1] ?? "200";
      for (const [name = "", value = ""] of headers) if (name !== "Status") response.setHeader(name, value);
      response.writeHead(Number.parseInt(status, 10)).end(whole.subarray(end + 4));
    });
  }

  test("the default branch, a branch, a tag, an annotated tag, a commit", async () => {
    const first = git("rev-parse", "HEAD");
    git("tag", "light");
    git("tag", "-a", "v1", "-m", "one");
    git("checkout", "-q", "-b", "feature/x");
    const second = commit(scriptBuildpack("example/hello-moon", { version: "2.0.0" }), "second");
    git("checkout", "-q", "main");
    const sources = open();
    const place = url("/hello.git");
    const found = async (ref: string): Promise<string> => {
      const chosen = await choose(`${place}${ref}`, sources);
      return `${ids(chosen)} ${chosen.notes.join().slice(-12)}`;
    };
    const one = `example/hello-moon@1.0.0 ${first.slice(0, 12)}`;
    for (const ref of ["", "#main", "#light", "#v1", `#${first}`]) assert.equal(await found(ref), one, ref);
    assert.equal(await found("#feature/x"), `example/hello-moon@2.0.0 ${second.slice(0, 12)}`);
    const before = asked.length;
    assert.equal(await found(`#${first}`), one);
    assert.equal(asked.length, before, "a whole commit that is here is not asked for");
  });

  test("a branch that moved is another digest; one that did not is not fetched again", async () => {
    const sources = open();
    const first = await choose(url("/hello.git"), sources);
    const fetches = (): number => asked.filter((line) => line.startsWith("POST")).length;
    const before = fetches();
    assert.equal((await choose(url("/hello.git"), sources)).digest, first.digest);
    assert.ok(fetches() - before <= 1, "only the question for the refs");
    commit({ "bin/build": "#!/bin/sh\nexit 4\n" }, "moved");
    assert.notEqual((await choose(url("/hello.git"), sources)).digest, first.digest);
  });

  test("over git://, to the checked address", async (t) => {
    const daemon = spawn(
      "git",
      [
        "daemon",
        "--reuseaddr",
        "--listen=127.0.0.1",
        "--port=9419",
        "--export-all",
        `--base-path=${join(bench.root, "repositories")}`,
        "--verbose",
      ],
      { env: GIT_ENV, stdio: ["ignore", "ignore", "pipe"], detached: true },
    );
    const ready = await new Promise<boolean>((resolve) => {
      daemon.stderr.on("data", (chunk: Buffer) => (String(chunk).includes("Ready") ? resolve(true) : undefined));
      daemon.on("close", () => resolve(false));
      daemon.on("error", () => resolve(false));
    });
    if (!ready) return t.skip("git daemon is not installed here, or its port is taken");
    try {
      assert.equal(ids(await choose("git://127.0.0.1:9419/hello.git#main")), "example/hello-moon@1.0.0");
    } finally {
      if (daemon.pid !== undefined) process.kill(-daemon.pid, "SIGKILL");
    }
  });

  test("no hooks, filters, submodules or LFS; nothing of the repository runs", async () => {
    const canary = join(bench.root, "canary");
    commit(
      {
        ".gitattributes": "*.txt filter=evil\n*.bin filter=lfs\n",
        ".gitmodules": `[submodule "x"]\n\tpath = x\n\turl = ${url("/other.git")}\n`,
        "a.txt": "plain",
        "big.bin": "version https://git-lfs.github.com/spec/v1\n",
      },
      "traps",
    );
    git("config", "filter.evil.smudge", `touch ${canary}`);
    const [member] = (await choose(url("/hello.git"))).order.flat();
    const directory = member?.buildpack.directory ?? "";
    assert.equal(readFileSync(join(directory, "a.txt"), "utf8"), "plain");
    assert.match(readFileSync(join(directory, "big.bin"), "utf8"), /git-lfs/);
    assert.ok(!existsSync(canary));
    assert.ok(!asked.some((line) => line.includes("other.git")));
    assert.ok(!existsSync(join(directory, ".git")));
  });

  const SILENT = "a server that never answers";
  const REFUSED: readonly (readonly [name: string, path: string, problem: RegExp, answer?: typeof answer])[] = [
    ["a name that is nobody's", "http://no-such-name.invalid/x.git", /cannot be looked up/],
    ["a ref that is not there", "/hello.git#nope", /no branch or tag `nope`/],
    ["a repository that is not there", "/gone.git", /not found|not public|404/],
    [SILENT, "/hello.git", /does not answer/, () => undefined],
    [
      "a redirect",
      "/hello.git",
      /redirects to another address/,
      (_, r) => r.writeHead(302, { location: "http://169.254.169.254/" }).end(),
    ],
    [
      "one that wants a password",
      "/hello.git",
      /not public/,
      (_, r) => r.writeHead(401, { "www-authenticate": "Basic" }).end(),
    ],
    ["what is no repository", "/hello.git", /./, (_, r) => r.end("<html>")],
  ];
  for (const [name, path, message, how] of REFUSED) {
    test(`bad input: ${name}`, async () => {
      if (how !== undefined) answer = how;
      // Only the silent server is waited for in vain; the others get the time a busy machine takes.
      const gitAskMs = name === SILENT ? 1_500 : 30_000;
      await assert.rejects(choose(path.startsWith("/") ? url(path) : path, open({ limits: { gitAskMs } })), {
        code: "E_BUILDPACK_FETCH",
        message,
      });
      assert.deepEqual(left(), []);
    });
  }

  test("bad input: a link out of the tree, and more than the limit", async () => {
    symlinkSync("/etc/passwd", join(repository, "secret"));
    commit({}, "link");
    await assert.rejects(choose(url("/hello.git")), { code: "E_BUILDPACK_INVALID", message: /points outside/ });
    git("rm", "-q", "secret");
    commit({ big: "x".repeat(2_000_000) }, "big");
    const limits = { archive: { entriesMax: 100, bytesMax: 1_000_000 } };
    await assert.rejects(choose(url("/hello.git"), open({ limits })), {
      code: "E_BUILDPACK_INVALID",
      message: /more than 1000000 bytes/,
    });
    assert.deepEqual(left(), []);
  });

  test("a cancel ends git and leaves nothing", async () => {
    const abort = new AbortController();
    answer = () => abort.abort();
    await assert.rejects(choose(url("/hello.git"), open(), abort.signal), { code: "E_CANCELLED" });
    assert.deepEqual(left(), []);
  });
});
