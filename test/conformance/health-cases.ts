import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { readAppJsonChecks } from "./read-checks.ts";
import { awaitStartup } from "../../src/control/health/startup.ts";
import { PortsideError } from "../../src/model/error-registry.ts";
import type { Instance } from "../../src/model/instance.ts";
import type { HealthCheck } from "../../src/model/app-contract.ts";
import { HealthWorld } from "./health-world.ts";
import { makeSlug } from "./slug.ts";
import type { World } from "./worlds.ts";

/** How the scripted app behaves; `cases/README.md` says what each means. */
export type AppScript = {
  readonly listensAfterMs?: number;
  readonly listensOn?: string;
  readonly port?: number | "PORT";
  readonly statusSequence?: readonly number[];
  readonly statusByPath?: Readonly<Record<string, number>>;
  readonly exitAfterMs?: number;
  readonly exitCode?: number;
  readonly exitSignal?: string;
  readonly [other: string]: unknown;
};

/** One case of `cases/healthchecks.json`. */
export type HealthCase = {
  readonly id: string;
  readonly processType?: string;
  readonly check?: unknown;
  readonly checks?: readonly unknown[];
  readonly app: AppScript;
  readonly slow?: boolean;
  readonly expect: {
    readonly outcome: "pass" | "fail" | "warn";
    readonly attemptsMade?: number;
    readonly minSeconds?: number;
    readonly maxSeconds?: number;
    readonly evidenceIncludes?: readonly string[];
    readonly effects?: readonly string[];
    readonly hookPosts?: number;
    readonly oneOffs?: number;
  };
};

const CASES = JSON.parse(
  readFileSync(join(import.meta.dirname, "../cases/healthchecks.json"), "utf8"),
) as readonly HealthCase[];

/** All public cases. Throws when the file has fewer than it had. */
export function readHealthCases(): readonly HealthCase[] {
  assert.ok(CASES.length >= 45, `only ${CASES.length} cases`);
  return CASES;
}

const EFFECT_LIMIT_MS = 20_000;
const here = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");
const fixture = (name: string): string => readFileSync(join(import.meta.dirname, "../fixtures/tls", name), "utf8");

type Verdict = {
  readonly outcome: "pass" | "fail" | "warn";
  readonly evidence: string;
  readonly seconds: number;
};

/**
 * Plays one case on one engine. A case that fails on a machine too busy to start Node in time has shown nothing about the
 * checks: it is played again, a few times at most.
 */
export async function playHealthCase(engine: Player, test: HealthCase): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const world = engine.makeWorld();
    try {
      await world.open();
      return await playOnce(world, test, engine);
    } catch (error) {
      if (tries === TRIES_MAX || !(error instanceof assert.AssertionError) || !isBusy()) throw error;
    } finally {
      await world.dispose();
    }
  }
}

/** How an engine plays the cases. `saysUp`: the scripted app prints `up` as its first statement. */
export type Player = { readonly makeWorld: () => HealthWorld; readonly toSlug: ToSlug; readonly saysUp: boolean };

const TRIES_MAX = 4;

/** More than two programs wait for each processor. */
function isBusy(): boolean {
  return (loadavg()[0] ?? 0) > 2 * availableParallelism();
}

/** Starts the app, waits for the verdict, then for the effects. */
async function playOnce(world: HealthWorld, raw: HealthCase, { toSlug, saysUp }: Player): Promise<void> {
  await using hook = await openHook();
  const test = await withFreePorts(raw);
  const type = test.processType ?? "web";
  const checks = readChecks(test, hook.url);
  const { instance: started, release } = await world.start({ type, checks, ...toSlug(world.engines, test.app, type) });
  const instance = saysUp ? await whenUp(world, started) : started;
  const verdict = await judge(world, { instance, release });
  assertVerdict(world, { test, verdict, instance });
  if (test.expect.effects !== undefined) await assertEffects(world, instance, test.expect.effects);
  await world.engines.until("the hooks were told", () => {
    const { hookPosts = 0, oneOffs = 0 } = test.expect;
    return hook.posts() >= hookPosts && oneOffCount(world) >= oneOffs;
  });
  assert.equal(hook.posts(), test.expect.hookPosts ?? 0, "posts to the hook");
  assert.equal(oneOffCount(world), test.expect.oneOffs ?? 0, "one-offs");
}

/** Makes the engine's form of the scripted app. */
export type ToSlug = (
  world: World,
  app: AppScript,
  type: string,
) => Pick<Parameters<HealthWorld["start"]>[0], "artifact" | "env">;

/** The scripted app as a Node program, with `app-check` and `app-hook` on its PATH. */
export const nodeSlug: ToSlug = (world, app, type) => {
  const run = (file: string): string => `#!/bin/sh\nexec '${process.execPath}' "$HOME/${file}" "$@"\n`;
  const files = {
    "app.mjs": here("scripted-app.mjs"),
    "app-check.mjs": here("app-check.mjs"),
    "bin/app-check!": run("app-check.mjs"),
    "bin/app-hook!": "#!/bin/sh\necho the hook ran\n",
  };
  const command = { command: [process.execPath, "app.mjs"], args: [], direct: true, default: true, buildpackId: "t" };
  const artifact = makeSlug(world.root, { files, process: { type, ...command } });
  const step = { kind: "pathDirectory", name: "PATH", directory: join(artifact.directory, "app/bin") } as const;
  return {
    artifact: { ...artifact, launchPlan: { steps: [step] } },
    env: { APP_SCRIPT: JSON.stringify(app), TLS_KEY: fixture("key.pem"), TLS_CERT: fixture("cert.pem") },
  };
};

function readChecks(test: HealthCase, hookUrl: string): readonly HealthCheck[] {
  const declared = test.checks ?? (test.check === null || test.check === undefined ? [] : [test.check]);
  return readAppJsonChecks(JSON.stringify(declared).replaceAll("$HOOK_URL", hookUrl));
}

async function judge(world: HealthWorld, what: Parameters<typeof awaitStartup>[1]): Promise<Verdict> {
  const seconds = (): number => (world.control.clock.now() - what.instance.startedAt) / 1000;
  try {
    const report = await world.engines.wait(awaitStartup(world.control, what, world.engines.never));
    const outcome = report.warnings.length > 0 ? "warn" : "pass";
    return { outcome, evidence: [...report.details, ...report.warnings].join("\n"), seconds: seconds() };
  } catch (error) {
    if (!(error instanceof PortsideError)) throw error;
    assert.equal(error.code, "E_HEALTH_STARTUP");
    return { outcome: "fail", evidence: [error.message, error.hint, ...error.evidence].join("\n"), seconds: seconds() };
  }
}

function assertVerdict(
  world: HealthWorld,
  { test, verdict, instance }: { readonly test: HealthCase; readonly verdict: Verdict; readonly instance: Instance },
): void {
  const { outcome, attemptsMade, minSeconds = 0, maxSeconds = Infinity, evidenceIncludes = [] } = test.expect;
  assert.equal(verdict.outcome, outcome, verdict.evidence);
  for (const text of evidenceIncludes)
    assert.ok(verdict.evidence.includes(text), `no "${text}" in:\n${verdict.evidence}`);
  assert.ok(verdict.seconds >= minSeconds, `after ${verdict.seconds} s, at least ${minSeconds} s were expected`);
  assert.ok(verdict.seconds <= maxSeconds, `after ${verdict.seconds} s, at most ${maxSeconds} s`);
  if (attemptsMade !== undefined) assert.equal(attemptsOf(world, instance), attemptsMade, "attempts");
}

/** The instance as if it had started with its program's first statement: how long Node takes until then is not the checks'. */
async function whenUp(world: HealthWorld, instance: Instance): Promise<Instance> {
  const { logs } = world.control;
  await world.engines.until("the app is up", () => logs.lastOf(instance.id, 10).some(({ text }) => text === "up"));
  const startedAt = world.control.clock.now();
  world.store.instances.setStarted(instance.id, { ...instance, startedAt });
  return { ...instance, startedAt };
}

function attemptsOf(world: HealthWorld, instance: Instance): number | undefined {
  const results = world.store.checks.of(instance.id);
  // A liveness or readiness check alone comes with the default startup check.
  return results.at(-1)?.attempts;
}

async function assertEffects(world: HealthWorld, instance: Instance, expected: readonly string[]): Promise<void> {
  const services = (): number => world.started.filter(({ kind }) => kind === "service").length;
  world.serve(instance);
  const seen = (): readonly string[] => {
    if (expected.includes("restarted")) return services() > 1 ? ["restarted"] : [];
    const routed = world.tables.map(({ routes }) => (routes[0]?.targets ?? []).length > 0);
    const changes = routed.filter((value, index) => value !== (index === 0 ? false : routed[index - 1]));
    return changes.map((value) => (value ? "in-routes" : "out-of-routes"));
  };
  const deadline = world.control.clock.now() + EFFECT_LIMIT_MS;
  await world.engines.until(
    "the effects",
    () => seen().length >= expected.length || world.control.clock.now() > deadline,
  );
  assert.deepEqual(seen(), expected, world.logLines().join("\n"));
}

function oneOffCount(world: HealthWorld): number {
  return world.started.filter(({ kind }) => kind === "oneOff").length;
}

async function openHook(): Promise<{ url: string; posts: () => number; [Symbol.asyncDispose]: () => Promise<void> }> {
  let posts = 0;
  const server = createHttpServer((request, response) => {
    if (request.method === "POST") posts += 1;
    request.resume().on("end", () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    posts: () => posts,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Ports that a case names are replaced by free ones, everywhere: others use this machine too. */
async function withFreePorts(test: HealthCase): Promise<HealthCase> {
  const { port = "PORT" } = test.app;
  if (port === "PORT") return test;
  const free = await freePort();
  return JSON.parse(JSON.stringify(test).replaceAll(String(port), String(free))) as HealthCase;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
