import { revealAll } from "../../src/lib/secret.ts";
import type { AppName } from "../../src/model/app.ts";
import { instanceName } from "../../src/model/instance.ts";
import { wantedNames } from "./outcome-check.ts";
import type { Scene } from "./scene.ts";

/** Whether nothing is under way: no open operation, every instance serves, the edge has what was written last. */
export function isAtRest({ store, edge, machine }: Scene): boolean {
  if (store.operations.open().length > 0 || !edge.isCurrent) return false;
  return store.instances.allAlive().every(({ id, phase }) => phase === "serving" && machine.isRunning(id));
}

/** Once everything has come to rest: rows, machine, edge, config and leases say the same, and nothing is left over. */
export function checkRest(scene: Scene): void {
  const { store, machine, problem } = scene;
  const expect = (holds: boolean, what: () => string): void => (holds ? undefined : problem(`at rest: ${what()}`));
  const alive = store.instances.allAlive();
  const ids = alive.map(({ id }) => id).sort();
  expect(isSame([...machine.known()].sort(), ids), () => `the machine has ${machine.known().join(" ")}; rows are ${ids.join(" ")}`);
  expect(alive.every(({ phase }) => phase === "serving"), () => `phases ${alive.map(({ id, phase }) => `${id} ${phase}`).join(", ")}`);
  expect(store.leases.held().length === 0, () => `a lease is held for ${store.leases.held().join(" ")}`);
  expect(store.operations.open().length === 0, () => "an operation is open");
  for (const { name } of store.apps.list()) checkApp(scene, name, expect);
}

function checkApp({ store, machine, edge }: Scene, name: AppName, expect: (holds: boolean, what: () => string) => void): void {
  const app = store.apps.get(name);
  const releases = store.releases.list(name);
  expect(releases.every(({ status }) => status !== "pending"), () => `${name} has a pending release`);
  const current = releases.filter(({ status }) => status === "current").map(({ number }) => number);
  expect(isSame(current, app.currentRelease === undefined ? [] : [app.currentRelease]), () => `${name}: current are ${current.join(" ")}`);
  const alive = store.instances.alive(name);
  const [release] = releases.filter(({ number }) => number === app.currentRelease);
  const route = edge.served?.routes.find((candidate) => candidate.app === name);
  if (release === undefined) {
    expect(alive.length === 0, () => `${name} runs without a release`);
    return expect(route === undefined || route.state === "blank", () => `${name}: its route is ${route?.state}`);
  }
  expect(isSame(alive.map(instanceName).sort(), wantedNames(release, app.formation)), () => `${name} runs ${alive.map(instanceName).join(" ")}`);
  for (const instance of alive) {
    expect(instance.release === release.number, () => `${instance.id} is of release ${instance.release}, not ${release.number}`);
    const config = Object.entries(revealAll(store.config.read(name, release.configVersion), "a check"));
    const environment = machine.environment(instance.id);
    expect(config.every(([key, value]) => environment[key] === value), () => `${instance.id} runs with another config`);
  }
  const routed = alive.filter(({ address }) => address !== undefined).map(({ id }) => id);
  const targets = (route?.targets ?? []).map(({ instance }) => instance);
  expect(isSame([...targets].sort(), routed.sort()), () => `${name}: routed are ${targets.join(" ")}, serving ${routed.join(" ")}`);
  expect(route?.state === (routed.length > 0 ? "serving" : "stopped"), () => `${name}: its route is ${route?.state}`);
}

/** No value of a config variable, set or generated, stands in anything that is told or stored in clear (contract §4). */
export function checkSecrets({ database, store, problem }: Scene, logTexts: readonly string[]): void {
  const values = new Set<string>();
  for (const { app, version } of database.all<{ app: string; version: number }>("SELECT DISTINCT app, version FROM config_values")) {
    for (const value of Object.values(revealAll(store.config.read(app as AppName, version), "a check"))) values.add(value);
  }
  const texts = [
    ...database.all<{ text: string }>("SELECT body AS text FROM operation_events").map(({ text }) => text),
    ...database.all<{ text: string }>("SELECT request || facts || coalesce(failure, '') AS text FROM operations").map(({ text }) => text),
    ...database.all<{ text: string }>("SELECT document AS text FROM releases").map(({ text }) => text),
    ...logTexts,
  ];
  for (const text of texts) {
    // Values of scenarios begin so; generated ones are looked for one by one.
    if (/hush-/.test(text) || [...values].some((value) => text.includes(value))) problem(`a config value stands in ${text.slice(0, 200)}`);
  }
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
