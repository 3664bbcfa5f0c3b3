import assert from "node:assert/strict";
import { chownSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { execGroup, type GroupResult } from "../exec-group.ts";
import { processesInNamespaceOf } from "../process-scan.ts";
import { Sandbox, type SandboxUser } from "./sandbox.ts";

const isRoot = process.getuid?.() === 0;
const user: SandboxUser = isRoot ? { uid: 1_900_000_007, gid: 1_900_000_007 } : "own";
const root = realpathSync(mkdtempSync(join(tmpdir(), "sandbox-")));
const secret = join(root, "home/secret");
const work = join(root, "home/work");
let sandbox: Sandbox | undefined;
let whyNot = "";

before(async () => {
  mkdirSync(work, { recursive: true });
  writeFileSync(secret, "canary");
  if (user !== "own") chownSync(work, user.uid, user.gid);
  try {
    const view = { writable: [work], readable: [], hidden: [join(root, "home")], temporaryBytesMax: 1_048_576 };
    sandbox = await Sandbox.open({ user, view, fileBytesMax: 1_048_576 });
  } catch (error) {
    whyNot = `no namespaces for us on this machine: ${String(error)}`;
  }
});
after(async () => {
  await sandbox?.close();
  rmSync(root, { recursive: true, force: true });
});

type Said = GroupResult & { readonly lines: readonly string[] };

/** Runs a script inside; gives nothing, and says why, where there is no sandbox. */
async function inside(t: TestContext, script: string, env: Record<string, string> = {}): Promise<Said | undefined> {
  if (sandbox === undefined) {
    t.skip(whyNot);
    return undefined;
  }
  const lines: string[] = [];
  const command = sandbox.command(["/bin/sh", "-c", script], { cwd: work, env: { PATH: "/usr/bin:/bin", ...env } });
  const { signal } = new AbortController();
  const onLine = (line: string): number => lines.push(line);
  const result = await execGroup(command.argv, { cwd: "/", env: command.env, limitMs: 30_000, signal, onLine });
  return { ...result, lines };
}

test("programs see their own directory and /tmp, and can write nowhere else", async (t) => {
  const said = await inside(
    t,
    `pwd; echo x >f && echo x >/tmp/f && cat f; cat ${secret} || echo hidden; echo x 2>/dev/null >/etc/f || echo read-only`,
  );
  if (said === undefined) return;
  assert.deepEqual(
    said.lines.filter((line) => !line.startsWith("cat:") && !line.includes("/etc/f")),
    [work, "x", "hidden", "read-only"],
  );
  assert.ok(existsSync(join(work, "f")) && !existsSync("/tmp/f"));
});

test("no privilege is left or can be gained; other processes are out of sight", async (t) => {
  const said = await inside(
    t,
    "id -u; grep -E '^(CapEff|CapPrm|NoNewPrivs)' /proc/self/status; cat /proc/1/environ || echo closed; ls /proc | grep -c '^[0-9]'",
  );
  if (said === undefined) return;
  const text = said.lines.join("\n");
  assert.match(text, new RegExp(`^${user === "own" ? process.getuid?.() : user.uid}$`, "m"));
  assert.match(text, /CapPrm:\s+0{16}\nCapEff:\s+0{16}\nNoNewPrivs:\s+1/);
  assert.ok(Number(said.lines.at(-1)) < 10, text);
});

test("the environment arrives byte for byte and reaches no helper; exit codes and signals come back", async (t) => {
  const env = { VALUE: "a\nb 'c' \"d\" $(e) \\f ${G}", LD_PRELOAD: "/nonexistent/x.so" };
  const said = await inside(t, 'printf "%s\\n" "$VALUE"; exit 7', env);
  if (said === undefined) return;
  assert.equal(said.exitCode, 7);
  // The loader complains for `env` and the program alone, which have no rights any more.
  assert.deepEqual(
    said.lines.filter((line) => !line.includes("LD_PRELOAD")),
    ["a", "b 'c' \"d\" $(e) \\f ${G}"],
  );
  assert.equal((await inside(t, "kill -9 $$"))?.signal, "SIGKILL");
});

test("a file grows to its limit", async (t) => {
  const said = await inside(t, "head -c 4000000 /dev/zero >big; stat -c %s big; rm big");
  if (said !== undefined) assert.equal(Number(said.lines.at(-1)), 1_048_576);
});

test("what left its session and ignores signals ends with the sandbox, and at once", async (t) => {
  const daemon = (name: string): string => `trap '' TERM HUP INT; : >${name}; while :; do sleep 1; done`;
  const start = `setsid sh -c "${daemon("one")}" >/dev/null 2>&1 & (setsid sh -c "${daemon("two")}" >/dev/null 2>&1 &)`;
  const said = await inside(t, `${start}; until [ -e one ] && [ -e two ]; do sleep 0.02; done`);
  if (said === undefined || sandbox === undefined) return;
  const { init } = sandbox;
  assert.ok(processesInNamespaceOf(init).length >= 2);
  const startedAt = performance.now();
  await sandbox.close();
  assert.ok(performance.now() - startedAt < 2_000);
  assert.deepEqual(processesInNamespaceOf(init), []);
});
