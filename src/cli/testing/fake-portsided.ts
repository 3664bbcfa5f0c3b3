import { createServer } from "node:http";
import { closeSync, existsSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../lib/clock.ts";
import { hasCode, readTextIfExists } from "../../lib/files.ts";
import { startTicker } from "../../lib/ticker.ts";
import { homeAt } from "../../model/home.ts";
import { platform } from "./stub-server.ts";

/** Nobody needs it for longer, whatever a failed test forgot. */
const LIFE_MS = 30_000;
const HOME_POLL_MS = 100;

/**
 * What the CLI sees of portsided, and nothing behind it. Its directory is the home; the file `mode` there makes it
 * `die`, refuse (`master-key`) or say that its port was taken (`moved`).
 */
function runFake(handle: NodeJS.Process): void {
  const home = homeAt(handle.cwd());
  const mode = readTextIfExists(join(home.root, "mode"));
  writeFileSync(join(home.root, "env.json"), JSON.stringify(handle.env));
  if (mode === "die") return end(handle, 3, "booting\nboom\u001b[2J\n");
  if (mode === "master-key") {
    return end(
      handle,
      1,
      `{"msg":"booting"}\n{"msg":"The key is wrong.","code":"E_MASTER_KEY","hint":"Put it back."}\n`,
    );
  }
  const lock = join(home.root, "fake.lock");
  if (!takeLock(lock)) return end(handle, 0, "another one serves this home\n");
  const wantedPort = Number(handle.env["PORTSIDE_PORT"] ?? 8080);
  const edge = { ...platform().edge, wantedPort, port: mode === "moved" ? wantedPort + 1 : wantedPort };
  const status = platform({ pid: handle.pid, home: home.root, edge });
  rmSync(home.apiSocket, { force: true });
  const server = createServer((request, response) => {
    if (request.url !== "/v1/shutdown")
      return void response.end(JSON.stringify(request.url === "/v1/apps" ? { apps: [] } : status));
    response.writeHead(202).end(() => {
      for (const path of [home.serverFile, home.apiSocket, lock]) rmSync(path, { force: true });
      handle.exit(0);
    });
  });
  server.listen(home.apiSocket, () => {
    writeFileSync(home.serverFile, JSON.stringify({ pid: handle.pid, version: "0.1.0", apiUrl: "", startedAt: 0 }));
  });
  void systemClock.sleep(LIFE_MS).then(() => handle.exit(9));
  // The second of two starters may come so late that the test is over.
  startTicker(HOME_POLL_MS, () => {
    if (!existsSync(home.root)) handle.exit(0);
  });
}

function end(handle: NodeJS.Process, code: number, text: string): void {
  handle.stderr.write(text);
  handle.exitCode = code;
}

function takeLock(path: string): boolean {
  try {
    closeSync(openSync(path, "wx"));
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

runFake(process);
