import { revealAll } from "../../src/lib/secret.ts";
import type { AppName } from "../../src/model/app.ts";
import { instanceName, type InstanceId } from "../../src/model/instance.ts";
import { wantedNames } from "./outcome-check.ts";
import type { Scene } from "./scene.ts";

/**
 * Once everything has come to rest, rows, machine, edge, config and leases say the same, nothing is left over, and no config
 * value stands where it should not (contract §4, §10).
 */
export class RestCheck {
  readonly #scene: Scene;
  /** What the rows say, until there are new ones: null when something is under way, else who serves. */
  #serving: readonly InstanceId[] | null | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  onRow(): void {
    this.#serving = undefined;
  }

  /** Whether nothing is under way: no open operation, every instance serves and runs, the edge has what was written last. */
  isReached(): boolean {
    const { edge, machine } = this.#scene;
    if (!edge.isCurrent) return false;
    if (this.#serving === undefined) this.#serving = this.#readServing();
    return this.#serving !== null && this.#serving.every((id) => machine.isRunning(id));
  }

  check(): void {
    const { store, machine, problem } = this.#scene;
    const expect: Expect = (holds, what) => (holds ? undefined : problem(`at rest: ${what()}`));
    const alive = store.instances.allAlive();
    const ids = alive.map(({ id }) => id).sort();
    expect(
      isSame([...machine.known()].sort(), ids),
      () => `the machine has ${machine.known().join(" ")}; rows are ${ids.join(" ")}`,
    );
    expect(
      alive.every(({ phase }) => phase === "serving"),
      () => `phases ${alive.map(({ id, phase }) => `${id} ${phase}`).join(", ")}`,
    );
    expect(store.leases.held().length === 0, () => `a lease is held for ${store.leases.held().join(" ")}`);
    expect(store.operations.open().length === 0, () => "an operation is open");
    for (const { name } of store.apps.list()) checkApp(this.#scene, name, expect);
  }

  /** No value of a config variable, set or generated, stands in anything that is told or stored in clear. */
  checkSecrets(logTexts: readonly string[]): void {
    const { database, store, problem } = this.#scene;
    const values = new Set<string>();
    for (const { app, version } of database.all<{ app: string; version: number }>(
      "SELECT DISTINCT app, version FROM config_values",
    )) {
      for (const value of Object.values(revealAll(store.config.read(app as AppName, version), "a check")))
        values.add(value);
    }
    const columns = [
      "SELECT body AS text FROM operation_events",
      "SELECT request || facts || coalesce(failure, '') AS text FROM operations",
      "SELECT document AS text FROM releases",
    ];
    const texts = [
      ...columns.flatMap((sql) => database.all<{ text: string }>(sql).map(({ text }) => text)),
      ...logTexts,
    ];
    for (const text of texts) {
      // Values that scenarios set begin so, also those of apps that are gone.
      if (text.includes("hush-") || [...values].some((value) => text.includes(value)))
        problem(`a config value stands in ${text.slice(0, 200)}`);
    }
  }

  #readServing(): readonly InstanceId[] | null {
    const { store } = this.#scene;
    if (store.operations.open().length > 0) return null;
    const alive = store.instances.allAlive();
    return alive.every(({ phase }) => phase === "serving") ? alive.map(({ id }) => id) : null;
  }
}

/** What simulated control planes keep (`keepReleases`). */
const KEEP_RELEASES = 2;

type Expect = (holds: boolean, what: () => string) => void;

function checkApp({ store, machine, edge, disk }: Scene, name: AppName, expect: Expect): void {
  const app = store.apps.get(name);
  const releases = store.releases.list(name);
  expect(
    releases.every(({ status }) => status !== "pending"),
    () => `${name} has a pending release`,
  );
  const current = releases.filter(({ status }) => status === "current").map(({ number }) => number);
  expect(
    isSame(current, app.currentRelease === undefined ? [] : [app.currentRelease]),
    () => `${name}: current are ${current.join(" ")}`,
  );
  const served = releases.filter(({ status }) => status === "current" || status === "superseded");
  for (const { artifact, number } of served.slice(0, KEEP_RELEASES)) {
    const stored = disk.artifacts.get(artifact);
    expect(stored !== undefined, () => `${name}: the artifact of v${number} is gone`);
    const base = stored?.derivedFrom;
    expect(base === undefined || disk.artifacts.has(base), () => `${name}: what v${number} was made from is gone`);
  }
  const alive = store.instances.alive(name);
  const [release] = releases.filter(({ number }) => number === app.currentRelease);
  const route = edge.served?.routes.find((candidate) => candidate.app === name);
  if (release === undefined) {
    expect(alive.length === 0, () => `${name} runs without a release`);
    return expect(route === undefined || route.state === "blank", () => `${name}: its route is ${route?.state}`);
  }
  expect(
    isSame(alive.map(instanceName).sort(), wantedNames(release, app.formation)),
    () => `${name} runs ${alive.map(instanceName).join(" ")}`,
  );
  for (const instance of alive) {
    expect(
      instance.release === release.number,
      () => `${instance.id} is of release ${instance.release}, not ${release.number}`,
    );
    const config = Object.entries(revealAll(store.config.read(name, release.configVersion), "a check"));
    const environment = machine.environment(instance.id);
    expect(
      config.every(([key, value]) => environment[key] === value),
      () => `${instance.id} runs with another config`,
    );
  }
  const routed = alive.filter(({ address }) => address !== undefined).map(({ id }) => id);
  const targets = (route?.targets ?? []).map(({ instance }) => instance);
  expect(
    isSame([...targets].sort(), routed.sort()),
    () => `${name}: routed are ${targets.join(" ")}, serving ${routed.join(" ")}`,
  );
  expect(route?.state === (routed.length > 0 ? "serving" : "stopped"), () => `${name}: its route is ${route?.state}`);
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
