import type { Probe } from "../../src/control/health/probe.ts";
import { FakeEngine } from "../../src/engines/fake/fake-engine.ts";
import { FakeMachine } from "../../src/engines/fake/fake-machine.ts";
import { FakeClock } from "../../src/lib/fake-clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { nodeSlug, type AppScript, type HealthCase, type ToSlug } from "./health-cases.ts";
import { HealthWorld } from "./health-world.ts";
import { makeSlug } from "./slug.ts";
import { ENGINES, World } from "./worlds.ts";

/** How an engine runs the scripted app: a new engine adds itself here and to `ENGINES`. */
export type HealthEngine = {
  readonly makeWorld: () => HealthWorld;
  readonly toSlug: ToSlug;
  readonly saysUp: boolean;
  /** Why it cannot show a case; undefined when it can. */
  readonly notSupported: (test: HealthCase) => string | undefined;
  /** Cases of more than 8 s take no real time here. */
  readonly isTimeFree: boolean;
};

/** Engines on which health checks are held to the contract. */
export const HEALTH_ENGINES: Readonly<Record<string, HealthEngine>> = {
  fake: {
    makeWorld: makeFakeWorld,
    toSlug: (world, app, type) => {
      const command = { command: [toBehaviour(app) ?? "run"], args: [], direct: false, default: true };
      return { artifact: makeSlug(world.root, { process: { type, ...command, buildpackId: "t" } }), env: {} };
    },
    saysUp: false,
    notSupported: whyNotFake,
    isTimeFree: true,
  },
  process: {
    makeWorld: () => new HealthWorld(new World(ENGINES["process"]!())), // -- it is in the list
    toSlug: nodeSlug,
    saysUp: true,
    notSupported: () => undefined,
    isTimeFree: false,
  },
};

function makeFakeWorld(): HealthWorld {
  const clock = new FakeClock();
  const machine = new FakeMachine({ clock, random: systemRandom });
  const kind = ENGINES["fake"]!(); // -- it is in the list
  const world = new World({
    ...kind,
    clock,
    make: () => new FakeEngine(machine),
    wait: (promise) => clock.run(promise),
  });
  return new HealthWorld(world, { probe: probeOf(machine) });
}

/** Reaches the programs of a fake machine. */
function probeOf(machine: FakeMachine): Probe {
  const refused = { refused: true, reason: "connection refused" } as const;
  return {
    connect: (target) =>
      Promise.resolve(machine.probe(target) === "accepts" ? { accepted: true } : { accepted: false, ...refused }),
    request: async (target, limitMs, signal) => {
      const status = machine.request(target, target.path);
      if (status === "refused") return { answered: false, ...refused };
      if (status !== "silent") return { answered: true, status, body: "" };
      await machine.clock.sleep(limitMs, signal);
      return { answered: false, refused: false, reason: `no answer within ${limitMs / 1000} s` };
    },
  };
}

/** What the fake machine's programs have no words for. */
const BEYOND_FAKE = [
  "body",
  "bodySequence",
  "redirectTo",
  "requiresHeader",
  "respondAfterMs",
  "closesConnection",
  "tls",
];

function whyNotFake({ app, check, expect }: HealthCase): string | undefined {
  const missing = [...BEYOND_FAKE, "commandExitCodes", "port"].find((name) => app[name] !== undefined);
  if (missing !== undefined) return `its programs have no \`${missing}\``;
  if ((app.statusSequence?.length ?? 0) > 1) return "its programs give the same answer every time";
  if (["::", "::1"].includes(app.listensOn ?? "")) return "its programs listen on IPv4";
  if (expect.oneOffs !== undefined || expect.hookPosts !== undefined) return "its clock does not move for a real hook";
  const { timeout } = (check ?? {}) as { timeout?: number };
  return timeout !== undefined &&
    app.statusSequence === undefined &&
    app.listensOn === undefined &&
    app.listensAfterMs === undefined
    ? "its programs answer at once"
    : undefined;
}

/** The scripted app in the words of the fake machine. */
function toBehaviour(app: AppScript): string | undefined {
  const { listensOn = "0.0.0.0", listensAfterMs = 0, exitAfterMs, exitCode = 0, exitSignal } = app;
  const clauses = [
    listensOn === "none" ? "run" : `serve ${listensOn === "127.0.0.1" ? "locally " : ""}after ${listensAfterMs}ms`,
    ...(app.statusSequence === undefined ? [] : [`answer ${app.statusSequence[0]}`]),
    ...Object.entries(app.statusByPath ?? {}).map(([path, status]) => `answer ${status} on ${path}`),
    ...(app.statusByPath === undefined ? [] : ["answer 404"]),
  ];
  if (exitAfterMs !== undefined)
    clauses.push(
      exitSignal === undefined
        ? `exit ${exitCode} after ${exitAfterMs}ms`
        : `die by ${exitSignal} after ${exitAfterMs}ms`,
    );
  return clauses.join("; ");
}
