import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { isProcessAlive } from "../lib/process-alive.ts";
import { homeAt, type ServerFile } from "../model/home.ts";
import { runCli, temporaryDirectory, type FakeOptions, type Finished } from "./testing/fake-process.ts";

const LIMIT = { timeout: 30_000 };
const SERVER = join(import.meta.dirname, "testing/fake-portsided.ts");
const NPM_ENV = {
  PATH: "/checkout/node_modules/.bin:/usr/bin",
  npm_command: "run-script",
  npm_package_name: "portside",
  INIT_CWD: "/",
  KEPT: "yes",
};

type Scene = {
  readonly home: string;
  readonly cli: (words: string, options?: Partial<FakeOptions>) => Promise<Finished>;
};

/** A home that does not exist yet, unless the server is to behave badly; what was started there ends with the test. */
function scene(t: TestContext, mode = ""): Scene {
  let remove = (): void => {};
  const home = temporaryDirectory({ after: (clean) => void (remove = clean) });
  if (mode === "") rmSync(home, { recursive: true });
  else writeFileSync(join(home, "mode"), mode);
  const cli: Scene["cli"] = (words, options = {}) =>
    runCli(words.split(" "), { home, cwd: "/", serverScript: SERVER, ...options });
  t.after(async () => {
    await cli("down");
    remove();
  });
  return { home, cli };
}

test(
  "up starts a server without a trace of npm, a second up finds it, down waits until it is gone",
  LIMIT,
  async (t) => {
    const { home, cli } = scene(t);
    const first = await cli("up --no-deploy --port 18123", { env: NPM_ENV });
    assert.deepEqual(first, {
      exit: 0,
      stderr: "",
      stdout: `Portside 0.1.0 started: router on port 18123, home ${home}\n\n`,
    });
    const env = JSON.parse(readFileSync(join(home, "env.json"), "utf8")) as Record<string, string>;
    assert.deepEqual(env, { HOME: home, KEPT: "yes", PATH: "/usr/bin", PORTSIDE_HOME: home, PORTSIDE_PORT: "18123" });
    assert.deepEqual([statSync(home).mode & 0o777, statSync(homeAt(home).serverLog).mode & 0o777], [0o700, 0o600]);
    const { pid } = JSON.parse(readFileSync(homeAt(home).serverFile, "utf8")) as ServerFile;
    assert.ok(isProcessAlive(pid));

    assert.equal((await cli("up --no-deploy")).stdout, "");
    assert.match(
      (await cli("up --no-deploy --port 9")).stdout,
      /runs already, with its router on port 18123; --port counts after `portside down`/,
    );
    assert.equal((await cli("status --json")).exit, 0);

    assert.equal((await cli("down")).stdout, `Stopped Portside (process ${pid}) and its router on port 18123\n`);
    assert.ok(!isProcessAlive(pid));
    assert.equal((await cli("status")).exit, 3);
  },
);

test("two up at once: one starts the server, both get it", LIMIT, async (t) => {
  const { cli } = scene(t);
  const both = await Promise.all([cli("up --no-deploy --json"), cli("up --no-deploy --json")]);
  assert.deepEqual(
    both.map(({ exit, stderr }) => [exit, stderr]),
    [
      [0, ""],
      [0, ""],
    ],
  );
  const told = both.map(({ stdout }) => JSON.parse(stdout) as { type: string; started: boolean; pid: number });
  assert.equal(told[0]?.pid, told[1]?.pid);
  assert.ok(told.filter(({ started }) => started).length <= 1);
});

test("a router that got another port than it was asked for is told", LIMIT, async (t) => {
  const { cli } = scene(t, "moved");
  assert.match(
    (await cli("up --no-deploy --port 18124")).stdout,
    / {2}! port 18124 is taken, so the router uses 18125\n/,
  );
});

test(
  "a server that dies at its start is told with the end of its own log, or with the code it knew",
  LIMIT,
  async (t) => {
    const dying = scene(t, "die");
    writeFileSync(homeAt(dying.home).serverLog, "from an earlier life\n");
    const died = await dying.cli("up --no-deploy");
    assert.deepEqual([died.exit, died.stdout], [1, ""]);
    assert.equal(
      died.stderr,
      `✗ Portside did not start: it ended with exit code 3. [E_SERVER_START]
  │ booting
  │ boom\\u001b[2J
  → Look into ${homeAt(dying.home).serverLog}.
`,
    );
    const refused = await scene(t, "master-key").cli("up --no-deploy");
    assert.deepEqual(refused, {
      exit: 1,
      stdout: "",
      stderr: "✗ The key is wrong. [E_MASTER_KEY]\n  → Put it back.\n",
    });
  },
);

test("down after a killed server starts it once more, to stop what it left running", LIMIT, async (t) => {
  const { home, cli } = scene(t);
  await cli("up --no-deploy");
  const { pid } = JSON.parse(readFileSync(homeAt(home).serverFile, "utf8")) as ServerFile;
  process.kill(pid, "SIGKILL");
  while (isProcessAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
  rmSync(join(home, "fake.lock"));
  const { exit, stdout } = await cli("down");
  assert.equal(exit, 0);
  assert.match(
    stdout,
    /^No server is running, but what it started is; starting it once more to stop that\.\nStopped Portside \(process \d+\)/,
  );
  assert.ok(!stdout.includes(`process ${pid})`));
});
