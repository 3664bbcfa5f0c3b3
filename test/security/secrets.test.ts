import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { askEdge } from "../../src/control/routes/edge-client.ts";
import { Installation } from "../acceptance/installation.ts";
import { tinyApp, type TinyPage } from "../acceptance/tiny-app.ts";

const CANARY = "canary-5f0c1e7b-do-not-tell";
const FORMS = [
  CANARY,
  Buffer.from(CANARY).toString("base64").replace(/=+$/, ""),
  Buffer.from(CANARY).toString("hex"),
  encodeURIComponent(`${CANARY} `),
];

const portside = new Installation({ PORTSIDE_PORT: "18230" });
after(() => portside.remove());

/** Every regular file below a directory. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

function holders(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const bytes = readIfThere(path);
    return FORMS.some((form) => bytes.includes(form));
  });
}

test("rule 6: a config value is nowhere in clear: not in the home, not in argv, not in what commands print", async () => {
  const directory = portside.folder("shop", tinyApp("one", { "build-me.txt": "x" }));
  const outputs = [await portside.ok("up", directory, "--no-follow")];
  outputs.push(await portside.ok("config:set", `SESSION_SECRET=${CANARY}`, "--app", "shop"));
  portside.folder("shop", tinyApp("two"));
  outputs.push(await portside.ok("up", directory, "--no-follow"));
  outputs.push(await portside.run(["config:set", `PORT=${CANARY}`, "--app", "shop"]));
  outputs.push(await portside.ok("info", "--app", "shop"), await portside.ok("releases", "--app", "shop", "--json"));
  outputs.push(await portside.ok("logs", "--app", "shop", "--num", "1000"));
  const page = JSON.parse((await portside.get("shop")).body) as TinyPage;
  assert.equal(page.secret, CANARY, "the app has it");
  assert.deepEqual(holders(filesBelow(portside.home.root)), []);
  for (const output of outputs)
    for (const form of FORMS) assert.ok(!(output.stdout + output.stderr).includes(form), output.stdout);
  if (!existsSync("/proc/self/cmdline")) return;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = pids.map((pid) => join("/proc", pid, "cmdline"));
  assert.deepEqual(holders(lines), []);
});

test("rule 22: the home is for its owner only, under any umask", () => {
  for (const path of [
    portside.home.root,
    ...readdirSync(portside.home.root).map((name) => join(portside.home.root, name)),
  ]) {
    assert.equal(lstatSync(path).mode & 0o077, 0, path);
  }
});

test("rule 22: nothing but the router listens beyond this machine", async (t) => {
  if (!existsSync("/proc/net/tcp")) return t.skip("listening sockets can be seen on Linux only");
  const edge = await askEdge(portside.home.edgeSocket);
  const pids = [portside.serverPid(), edge?.pid ?? 0];
  const inodes = new Set(pids.flatMap((pid) => socketInodes(pid)));
  const open = ["/proc/net/tcp", "/proc/net/tcp6"]
    .flatMap((file) => readFileSync(file, "utf8").trim().split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === "0A" && inodes.has(fields[9] ?? ""))
    .map((fields) => fields[1] ?? "")
    .filter((address) => !address.startsWith("0100007F:") && !address.startsWith("00000000000000000000000001000000:"));
  assert.deepEqual(
    open.map((address) => Number.parseInt(address.split(":")[1] ?? "", 16)),
    [edge?.port],
  );
});

test("rule 5: the API refuses whoever has neither the socket nor the token", async () => {
  const { apiUrl: api } = JSON.parse(readFileSync(portside.home.serverFile, "utf8")) as { apiUrl: string };
  for (const headers of [
    {},
    { authorization: "Bearer " },
    { authorization: "Bearer ptk_0" },
    { authorization: "Basic eDp5" },
  ]) {
    assert.equal((await fetch(`${api}/v1/apps`, { headers })).status, 401);
  }
  const token = readFileSync(portside.home.apiToken, "utf8").trim();
  assert.equal((await fetch(`${api}/v1/apps`, { headers: { authorization: `Bearer ${token}` } })).status, 200);
});

function socketInodes(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  return readdirSync(directory).flatMap((fd) => {
    return /^socket:\[(\d+)\]$/.exec(readlinkIf(join(directory, fd)))?.[1] ?? [];
  });
}

/** Empty when the descriptor is closed in the meantime. */
function readlinkIf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Empty when it is gone: processes come and go while they are listed. */
function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
