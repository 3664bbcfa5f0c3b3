import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { listenApi } from "../api/listen.ts";
import { BuildpackBuilder } from "../build/builder.ts";
import { BuildConfinement } from "../build/sandbox/confinement.ts";
import { readAppContract } from "../contract/app-contract.ts";
import { Control } from "../control/control.ts";
import type { PlatformState } from "../control/control-plane.ts";
import { networkProbe } from "../control/health/network-probe.ts";
import { AccessLogReader } from "../control/logs/access-log-reader.ts";
import { LogStore } from "../control/logs/log-store.ts";
import { FileRouter } from "../control/routes/file-router.ts";
import { networkOutgoing } from "../control/outgoing/network-outgoing.ts";
import { openStore } from "../control/store/store.ts";
import type { Log, World } from "../control/world.ts";
import { ProcessEngine } from "../engines/process/process-engine.ts";
import { RuntimeEngine } from "../engines/runtime-engine.ts";
import { AddressGuard } from "../lib/address-guard.ts";
import { systemClock } from "../lib/clock.ts";
import { writeFileAtomic } from "../lib/files.ts";
import { systemRandom } from "../lib/random.ts";
import type { Home, ServerFile } from "../model/home.ts";
import { EdgeKeeper } from "./edge-process.ts";
import { loadApiToken } from "./prepare-home.ts";
import type { Settings } from "./settings.ts";

const APP_SCHEMA = fileURLToPath(new URL("../../schema/app.json", import.meta.url));
const BUILDPACKS = fileURLToPath(new URL("../../buildpacks", import.meta.url));

/** A running control plane. */
export type Server = {
  /** Stops acting. `stopInstances` also stops the apps and the edge; otherwise both go on. */
  close(options: { readonly stopInstances: boolean }): Promise<void>;
};

/** What a control plane is made from. */
export type ServerOptions = {
  readonly home: Home;
  readonly settings: Settings;
  readonly version: string;
  readonly log: Log;
  /** Called once when somebody asks for a shutdown over the API. */
  readonly onShutdown: (options: { readonly keepInstances: boolean }) => void;
};

/**
 * The composition root: builds every room of one installation, in the order they depend on each other, and opens them.
 * The caller holds the home's lock. Errors: E_DATABASE_*, E_MASTER_KEY, E_HOME_UNUSABLE.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { home, settings, version, log } = options;
  const { world, router } = buildWorld(options);
  const { clock, random, store, engine, logs } = world;
  const edgeEnv = { PATH: settings.basePath };
  const edge = new EdgeKeeper({ home, port: settings.port, router, clock, log, env: edgeEnv });
  const accessLog = new AccessLogReader(home.accessLog, world, () => new Set(store.apps.list().map((app) => app.name)));
  const life = { startedAt: clock.now(), apiUrl: "", state: "running" as PlatformState["state"] };
  const control = new Control(world, {
    state: () => ({
      ...{ version, pid: process.pid, home: home.root, engine: engine.name, ...life },
      edge: edgeState(router, settings),
    }),
    shutdown: (how) => {
      life.state = "stopping";
      options.onShutdown(how);
    },
  });
  world.builder.sweep();
  await Promise.all([edge.open(), control.open(new AbortController().signal)]);
  accessLog.open();
  const token = loadApiToken(home.apiToken, random);
  const api = await listenApi({ control, token, clock, version, log, home, appSchema: readAppSchema });
  life.apiUrl = api.url;
  const serverFile: ServerFile = { pid: process.pid, version, apiUrl: api.url, startedAt: life.startedAt };
  writeFileAtomic(home.serverFile, JSON.stringify(serverFile));
  const durationMs = clock.now() - life.startedAt;
  log({ level: "info", msg: "ready", version, apiUrl: api.url, edgePort: router.status?.port, durationMs });
  return {
    async close({ stopInstances }) {
      life.state = "stopping";
      await control.close({ stopInstances });
      edge.close();
      if (stopInstances) await edge.stop();
      accessLog.close();
      await engine.close();
      await api.close();
      logs.close();
      store.close();
    },
  };
}

function buildWorld({ home, settings, log, version }: ServerOptions): {
  readonly world: World;
  readonly router: FileRouter;
} {
  const clock = systemClock;
  const random = systemRandom;
  const { basePath, network, fetchNetworks, limits } = settings;
  const store = openStore(home, { clock, random });
  const logs = new LogStore(home.logDatabase, clock);
  const router = new FileRouter(home, clock);
  const processes = new ProcessEngine({ instancesDirectory: home.instances, basePath, clock, random });
  const engine = new RuntimeEngine(processes, clock);
  const guard = new AddressGuard(fetchNetworks);
  const confinement = new BuildConfinement({ home: home.root, limits: settings.buildLimits });
  const outside = { network, guard, version };
  const builder = new BuildpackBuilder({ home, buildpacksDir: BUILDPACKS, basePath, clock, ...outside, confinement });
  const outgoing = networkOutgoing(new AddressGuard(settings.allowedNetworks));
  const doors = { readContract: readAppContract, probe: networkProbe, outgoing };
  return { world: { clock, random, store, engine, builder, ...doors, router, logs, log, limits }, router };
}

function readAppSchema(): Record<string, unknown> {
  return JSON.parse(readFileSync(APP_SCHEMA, "utf8")) as Record<string, unknown>;
}

function edgeState(router: FileRouter, settings: Settings): PlatformState["edge"] {
  const status = router.status;
  if (status === undefined) return { state: "down", wantedPort: settings.port, tableVersion: 0 };
  const state = status.tableVersion > 0 ? "serving" : "starting";
  return { state, port: status.port, pid: status.pid, wantedPort: settings.port, tableVersion: status.tableVersion };
}
