import { fileURLToPath } from "node:url";
import type { FileRouter } from "../control/routes/file-router.ts";
import type { Log } from "../control/world.ts";
import type { Clock } from "../lib/clock.ts";
import { startDetached } from "../lib/detached.ts";
import { isProcessAlive } from "../lib/process-alive.ts";
import type { Home } from "../model/home.ts";

const EDGE_PROGRAM = fileURLToPath(new URL("../../bin/portside-edge.ts", import.meta.url));
const WATCH_MS = 1_000;
const START_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 40_000;
const POLL_MS = 25;
const PORT_ATTEMPTS = 100;

/**
 * Keeps one edge process running: finds the one an earlier control plane left, starts one where there is none,
 * starts it again when it is gone.
 */
export class EdgeKeeper {
  readonly #options: {
    home: Home;
    port: number;
    router: FileRouter;
    clock: Clock;
    log: Log;
    env: Readonly<Record<string, string>>;
  };
  readonly #closed = new AbortController();

  constructor(options: {
    home: Home;
    port: number;
    router: FileRouter;
    clock: Clock;
    log: Log;
    env: Readonly<Record<string, string>>;
  }) {
    this.#options = options;
  }

  /** Resolves when an edge answers, or after a while when none does: then the watch goes on trying. */
  async open(): Promise<void> {
    if ((await this.#options.router.refresh()) === undefined) await this.#start();
    void this.#watch();
  }

  /** Stops watching, the edge goes on. */
  close(): void {
    this.#closed.abort(new Error("closed"));
  }

  /** Lets the edge finish its requests and waits until it is gone. */
  async stop(): Promise<void> {
    this.close();
    const { router, clock } = this.#options;
    const status = await router.refresh();
    if (status === undefined) return;
    process.kill(status.pid, "SIGTERM");
    const deadline = clock.now() + STOP_LIMIT_MS;
    while (isProcessAlive(status.pid) && clock.now() < deadline) await clock.sleep(POLL_MS);
  }

  async #watch(): Promise<void> {
    const { router, clock, log } = this.#options;
    while (!this.#closed.signal.aborted) {
      await clock.sleep(WATCH_MS, this.#closed.signal).catch(() => {});
      if (this.#closed.signal.aborted) return;
      const [first, second] = [await router.refresh(), await router.refresh()];
      if (first !== undefined || second !== undefined) continue;
      log({ level: "warn", msg: "the edge does not answer, starting it again" });
      await this.#start();
    }
  }

  async #start(): Promise<void> {
    const { home, port, router, clock, log, env } = this.#options;
    const argv: [string, ...string[]] = [
      process.execPath,
      EDGE_PROGRAM,
      ...["--table", home.routeTable, "--socket", home.edgeSocket, "--access-log", home.accessLog],
      ...["--port", String(port), "--port-attempts", String(PORT_ATTEMPTS), "--host", "0.0.0.0"],
    ];
    const { pid } = await startDetached(argv, { cwd: home.root, env, logFile: home.edgeLog });
    const deadline = clock.now() + START_LIMIT_MS;
    while (clock.now() < deadline) {
      const status = await router.refresh();
      if (status !== undefined) return log({ level: "info", msg: "edge started", pid: status.pid, port: status.port });
      await clock.sleep(POLL_MS);
    }
    log({ level: "error", msg: "the edge did not start", pid });
  }
}
