import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DIAGNOSES } from "../../src/control/diagnoses/diagnose.ts";
import { awaitStartup } from "../../src/control/health/startup.ts";
import { PortsideError } from "../../src/model/error-registry.ts";
import { HealthWorld } from "./health-world.ts";
import { readAppJsonChecks } from "./read-checks.ts";
import { makeSlug } from "./slug.ts";
import { ENGINES, World } from "./worlds.ts";

/** An app that fails for one reason, run for real, and what its owner is told. */
type Provocation = {
  readonly id: string;
  readonly title: string;
  readonly command: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly check?: Readonly<Record<string, unknown>>;
  readonly problem: RegExp;
  readonly advice: RegExp;
};

const NODE = process.execPath;
const node = (program: string): string => `exec '${NODE}' -e '${program}'`;
const server = (handler: string, where = "process.env.PORT"): string =>
  node(`require("http").createServer((q,s)=>{${handler}}).listen(${where})`);

/** A startup check of a path that is tried once. */
const PATH = { type: "startup", path: "/health", attempts: 1, timeout: 5 };
/** A startup check that soon gives up. */
const SOON = { type: "startup", listening: true, attempts: 1, timeout: 3 };

const PROVOCATIONS: readonly Provocation[] = [
  {
    id: "command-not-found",
    title: "a program nobody has",
    command: "gunicornn app:app",
    problem: /the command `gunicornn` was not found/,
    advice: /Procfile/,
  },
  {
    id: "command-not-found",
    title: "a program nobody has, behind &&",
    command: "true && ./bin/no-such",
    problem: /the command `\.\/bin\/no-such` was not found/,
    advice: /Procfile/,
  },
  {
    id: "exits-at-once",
    title: "ends with 0",
    command: "echo done",
    problem: /it ended with exit code 0/,
    advice: /foreground/,
  },
  {
    id: "exits-at-once",
    title: "ends with 3, as a worker",
    type: "worker",
    command: "echo oops; exit 3",
    problem: /exit code 3/,
    advice: /last log lines/,
  },
  {
    id: "other-port",
    title: "a port of its own choice",
    command: server("s.end()", "0"),
    check: SOON,
    problem: /it listens on port \d+, expected port \d+/,
    advice: /PORT/,
  },
  {
    id: "loopback-only",
    title: "127.0.0.1",
    command: server("s.end()", 'process.env.PORT,"127.0.0.1"'),
    check: SOON,
    problem: /it listens on 127\.0\.0\.1:\d+ only, expected 0\.0\.0\.0:\d+/,
    advice: /0\.0\.0\.0/,
  },
  {
    id: "loopback-only",
    title: "::1",
    command: server("s.end()", 'process.env.PORT,"::1"'),
    check: SOON,
    problem: /it listens on \[::1\]:\d+ only/,
    advice: /0\.0\.0\.0/,
  },
  {
    id: "never-listens",
    title: "only runs",
    command: "echo thinking; exec sleep 1000",
    check: { ...SOON, timeout: 1 },
    problem: /nothing listens on port \d+/,
    advice: /PORT/,
  },
  {
    id: "port-in-use",
    title: "listens twice",
    command: node(
      `require("net").createServer().listen(process.env.PORT,()=>require("net").createServer().listen(process.env.PORT))`,
    ),
    check: { type: "startup", uptime: 20 },
    problem: /port \d+ is in use already/,
    advice: /PORT/,
  },
  {
    id: "out-of-memory",
    title: "Node's own heap",
    command: `exec '${NODE}' --max-old-space-size=30 -e 'const a=[];for(;;)a.push(new Array(10000).fill(1.5))'`,
    problem: /it ran out of memory/,
    advice: /memory/,
  },
  {
    id: "missing-variable",
    title: "says it in words",
    command: node(`throw new Error("Environment variable DATABASE_URL is not set")`),
    problem: /the config variable DATABASE_URL is missing/,
    advice: /config:set DATABASE_URL=/,
  },
  {
    id: "missing-variable",
    title: "the shell's own words",
    command: ': "${SECRET_KEY:?}"; exec sleep 1000',
    problem: /the config variable SECRET_KEY is missing/,
    advice: /config:set SECRET_KEY=/,
  },
  {
    id: "exits-at-once",
    title: "a variable that has a value is not missing",
    command: node(`throw new Error("DATABASE_URL must be set to a postgres address")`),
    env: { DATABASE_URL: "mysql://x" },
    problem: /exit code 1/,
    advice: /last log lines/,
  },
  {
    id: "path-not-found",
    title: "404",
    command: server("s.statusCode=404;s.end()"),
    check: PATH,
    problem: /GET \/health answered 404/,
    advice: /`path`/,
  },
  {
    id: "path-redirect",
    title: "302",
    command: server(`s.writeHead(302,{Location:"/login"});s.end()`),
    check: PATH,
    problem: /answered 302, a redirect to \/login/,
    advice: /not followed/,
  },
  {
    id: "path-redirect",
    title: "to https",
    command: server(`s.writeHead(301,{Location:"https://"+q.headers.host+q.url});s.end()`),
    check: PATH,
    problem: /answered 301, a redirect to https:\/\/shop\.localhost\/health/,
    advice: /X-Forwarded-Proto/,
  },
  {
    id: "path-unauthorized",
    title: "401",
    command: server("s.statusCode=401;s.end()"),
    check: PATH,
    problem: /answered 401: it wants somebody signed in/,
    advice: /httpHeaders/,
  },
  {
    id: "host-rejected",
    title: "a list of hosts",
    command: server(
      `if(q.headers.host!=="shop.example"){s.statusCode=400;return s.end("Invalid host header")}s.end("ok")`,
    ),
    check: PATH,
    problem: /it refused the host name of the health check/,
    advice: /allowed hosts/,
  },
  {
    id: "not-executable",
    title: "no x",
    command: "bin/start",
    files: { "bin/start": "#!/bin/sh\nexec sleep 1000\n" },
    problem: /`bin\/start` is not executable/,
    advice: /chmod \+x/,
  },
  {
    id: "wrong-interpreter",
    title: "a shell nobody has",
    command: "bin/start",
    files: { "bin/start!": "#!/usr/bin/no-such-shell\necho x\n" },
    problem: /`bin\/start` asks for an interpreter that is not there: `\/usr\/bin\/no-such-shell`/,
    advice: /first line/,
  },
  {
    id: "line-ends",
    title: "CRLF",
    command: "bin/start",
    files: { "bin/start!": "#!/bin/sh\r\nexec sleep 1000\r\n" },
    problem: /`bin\/start` has Windows line ends/,
    advice: /LF line ends/,
  },
  {
    id: "line-ends",
    title: "CRLF behind env",
    command: "./start",
    files: { "start!": "#!/usr/bin/env sh\r\nexec sleep 1000\r\n" },
    problem: /`\.\/start` has Windows line ends/,
    advice: /LF line ends/,
  },
  {
    id: "disk-full",
    title: "the device without room",
    command: "echo x > /dev/full",
    problem: /the disk is full/,
    advice: /Free space/,
  },
  {
    id: "permission-denied",
    title: "a file it may not open",
    // Root may open everything: the error itself is what is looked at.
    command: node(`throw Object.assign(new Error("EACCES: permission denied, open \\"/etc/shadow\\""))`),
    problem: /it was denied permission/,
    advice: /TMPDIR/,
  },
  {
    id: "needs-tty",
    title: "stty",
    command: "stty -echo && exec sleep 1000",
    problem: /it needs a terminal/,
    advice: /interactive/,
  },
];

describe("§10 every failure says why", { concurrency: 4 }, () => {
  for (const { id, title, ...provocation } of PROVOCATIONS) {
    test(`${id}: ${title}`, async () => {
      const failure = await provoke(provocation);
      const told = JSON.stringify({ message: failure.message, hint: failure.hint, evidence: failure.evidence });
      assert.match(failure.message, provocation.problem, told);
      assert.match(failure.hint, provocation.advice, told);
      assert.ok(failure.evidence.length > 0, "there is evidence");
    });
  }

  test("each diagnosis is provoked", () => {
    const provoked = new Set(PROVOCATIONS.map(({ id }) => id));
    assert.deepEqual(
      DIAGNOSES.map(({ id }) => id).filter((id) => !provoked.has(id)),
      [],
    );
  });
});

async function provoke({
  command,
  files = {},
  type = "web",
  env = {},
  check,
}: Omit<Provocation, "id" | "title">): Promise<PortsideError> {
  const make = ENGINES["process"];
  assert.ok(make !== undefined);
  const world = new HealthWorld(new World(make()));
  try {
    await world.open();
    const launch = { type, command: [command], args: [], direct: false, default: true, buildpackId: "test" };
    const artifact = makeSlug(world.engines.root, { files, process: launch });
    const checks = check === undefined ? [] : readAppJsonChecks(JSON.stringify([check]));
    const started = await world.start({ type, artifact, env, checks });
    const failure = await awaitStartup(world.control, started, world.engines.never).then(
      (report) => assert.fail(`it became healthy: ${JSON.stringify(report)}`),
      (error: unknown) => error,
    );
    if (!(failure instanceof PortsideError)) throw failure;
    return failure;
  } finally {
    await world.dispose();
  }
}
