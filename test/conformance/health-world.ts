import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Builder } from "../../src/build/builder.ts";
import type { Probe } from "../../src/control/health/probe.ts";
import { networkProbe } from "../../src/control/health/network-probe.ts";
import { Supervisor } from "../../src/control/instances/supervisor.ts";
import { LogStore } from "../../src/control/logs/log-store.ts";
import { networkOutgoing } from "../../src/control/outgoing/network-outgoing.ts";
import { computeRouteTable } from "../../src/control/routes/route-table.ts";
import type { Router } from "../../src/control/routes/router.ts";
import { openStore, type Store } from "../../src/control/store/store.ts";
import { DEFAULT_LIMITS, type Limits, type World as ControlWorld } from "../../src/control/world.ts";
import type { Engine, InstanceSpec, ObservedInstance } from "../../src/engines/engine.ts";
import { AddressGuard } from "../../src/lib/address-guard.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { secret } from "../../src/lib/secret.ts";
import type { HealthCheck } from "../../src/model/app-contract.ts";
import type { AppName } from "../../src/model/app.ts";
import type { Artifact } from "../../src/model/artifact.ts";
import type { Instance } from "../../src/model/instance.ts";
import type { Release } from "../../src/model/release.ts";
import type { RouteTable } from "../../src/model/route-table.ts";
import { World } from "./worlds.ts";

export const APP = "shop" as AppName;

/** One app with one process type, as control would run it on the engine under test. */
export type HealthApp = {
  readonly type: string;
  readonly artifact: Artifact;
  readonly env: Readonly<Record<string, string>>;
  readonly checks: readonly HealthCheck[];
};

/** Control's health checks and supervision over one engine of the list: everything real but builder and edge. */
export class HealthWorld {
  readonly engines: World;
  readonly control: ControlWorld;
  readonly supervisor: Supervisor;
  /** What the engine was asked to start, in order. */
  readonly started: InstanceSpec[] = [];
  /** Tables as the edge would see them, in order. */
  readonly tables: RouteTable[] = [];
  readonly store: Store;
  readonly #directory = mkdtempSync(join(tmpdir(), "portside-health-"));
  readonly #artifacts = new Map<string, Artifact>();
  readonly #listeners = new Set<() => void>();

  constructor(engines: World, options: { readonly probe?: Probe; readonly limits?: Partial<Limits> } = {}) {
    this.engines = engines;
    const { clock } = engines;
    mkdirSync(this.#directory, { recursive: true });
    const paths = { database: join(this.#directory, "db"), masterKey: join(this.#directory, "key") };
    this.store = openStore(paths, { clock, random: systemRandom });
    this.control = {
      clock,
      random: systemRandom,
      store: this.store,
      engine: this.#recordingEngine(),
      builder: { findArtifact: (digest: string) => this.#artifacts.get(digest) } as unknown as Builder,
      readContract: () => Promise.reject(new Error("nothing is deployed here")),
      probe: options.probe ?? networkProbe,
      outgoing: networkOutgoing(new AddressGuard(["127.0.0.0/8"])),
      router: this.#router(),
      logs: new LogStore(":memory:", clock),
      log: () => undefined,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
    };
    this.supervisor = new Supervisor(this.control);
  }

  /** Opens the engine with the log store as its sink. */
  open(): Promise<void> {
    return this.engines.open(this.control.logs.sink);
  }

  /** Starts one instance of the app, with the rows that an operation would have written. */
  async start(app: HealthApp): Promise<{ readonly instance: Instance; readonly release: Release }> {
    const { store, clock } = this.control;
    this.#artifacts.set(app.artifact.digest, app.artifact);
    const dataKey = store.config.newDataKey(APP);
    store.apps.insert({ name: APP, origin: "/", createdAt: clock.now(), dataKey });
    const env = Object.fromEntries(Object.entries(app.env).map(([name, value]) => [name, secret(value)]));
    const configVersion = store.config.write(APP, env);
    const release = this.#insertRelease(app, configVersion);
    store.apps.update(APP, { currentRelease: release.number, configVersion, formation: { [app.type]: 1 } });
    const row: Instance = {
      id: `shop-${randomBytes(4).toString("hex")}`,
      ...{ app: APP, release: release.number, type: app.type, number: 1, phase: "starting" as const },
      ...{ startedAt: clock.now(), operation: 1, restarts: 0 },
    };
    store.instances.insert(row);
    const instance = await this.engines.wait(this.supervisor.start(row, this.engines.never));
    return { instance, release };
  }

  /** As the route step does once all have passed: it serves, is routed and is watched. */
  serve(instance: Instance): void {
    this.store.instances.setPhase(instance.id, "serving");
    this.control.router.write(computeRouteTable(this.store));
    this.supervisor.watch(this.store.instances.find(instance.id) ?? instance);
  }

  logLines(): readonly string[] {
    return this.control.logs.read({ app: APP, num: 1_000 }).map(({ source, text }) => `${source}: ${text}`);
  }

  /** Calls back whenever something was started or a table written. */
  onChange(callback: () => void): void {
    this.#listeners.add(callback);
  }

  async dispose(): Promise<void> {
    this.supervisor.close();
    await this.engines.dispose();
    this.control.logs.close();
    this.store.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #insertRelease(app: HealthApp, configVersion: number): Release {
    return this.store.releases.create({
      ...{ app: APP, operation: 1, createdAt: this.control.clock.now(), artifact: app.artifact.digest },
      ...{ source: app.artifact.digest, configVersion, declaredFormation: {}, formation: { [app.type]: 1 } },
      ...{ healthchecks: { [app.type]: app.checks }, stopTimeouts: { [app.type]: 5 }, types: [app.type] },
      ...{ resources: {}, maxParallel: {}, hooks: {}, hasReleaseCommand: false, description: "test" },
    });
  }

  #recordingEngine(): Engine {
    return new Proxy(this.engines.engine, {
      get: (engine, name) => {
        const value: unknown = Reflect.get(engine, name, engine);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          if (name === "start") this.started.push(args[0] as InstanceSpec);
          const result: unknown = Reflect.apply(value, engine, args);
          if (name === "start")
            void (result as Promise<ObservedInstance>).then(
              () => this.#tell(),
              () => undefined,
            );
          return result;
        };
      },
    });
  }

  #router(): Router {
    const write = (table: RouteTable): void => {
      this.tables.push(table);
      this.#tell();
    };
    return {
      write,
      publish: (table) => Promise.resolve(write(table)),
      drain: () => Promise.resolve("drained"),
      urlOf: () => undefined,
    };
  }

  #tell(): void {
    for (const callback of this.#listeners) callback();
  }
}
