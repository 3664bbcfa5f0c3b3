import assert from "node:assert/strict";
import { test } from "node:test";
import type { World } from "../../src/control/world.ts";
import { reveal } from "../../src/lib/secret.ts";
import { FIXED_SCENARIOS } from "./fixed-scenarios.ts";
import { simulate, SimulationFailure, type Planted } from "./simulation.ts";

/** Replaces some members of an object; the others stay its own. */
function replace<Part extends object>(part: Part, changes: Partial<Part>): Part {
  return new Proxy(part, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) return Reflect.get(changes, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const inWorld = (change: (world: World) => Partial<World>): Planted => ({
  world: (world) => ({ ...world, ...change(world) }),
});
const inStore = (change: (store: World["store"]) => Partial<World["store"]>): Planted =>
  inWorld(({ store }) => ({ store: replace(store, change(store)) }));

/** A bug, the scenario that shows it (killed at each row when `killed`), and what the simulator must say about it. */
const PLANTED: readonly {
  readonly bug: string;
  readonly planted: Planted;
  readonly scenario: string;
  readonly says: RegExp;
  readonly killed?: true;
}[] = [
  {
    bug: "a probe that calls everything healthy",
    planted: inWorld(({ probe }) => ({
      probe: replace(probe, { connect: () => Promise.resolve({ accepted: true }) }),
    })),
    scenario: "deploy that never listens",
    says: /where nobody listens|routed instances accept connections/,
  },
  {
    bug: "a router that does not wait for the edge",
    planted: inWorld(({ router }) => ({
      router: replace(router, { publish: (table) => Promise.resolve(router.write(table)) }),
    })),
    scenario: "redeploy of two web instances",
    says: /is stopped while requests are routed to it|is stopped with requests open/,
    killed: true,
  },
  {
    bug: "a drain that drains nothing",
    planted: inWorld(({ router }) => ({ router: replace(router, { drain: () => Promise.resolve("drained") }) })),
    scenario: "redeploy of two web instances",
    says: /is stopped with requests open/,
  },
  {
    bug: "an engine whose stop only says so",
    planted: inWorld(({ engine, clock }) => ({
      engine: replace(engine, {
        stop: () => Promise.resolve({ code: 0, at: clock.now() }),
        forget: () => Promise.resolve(),
      }),
    })),
    scenario: "deploy that never listens",
    says: /the machine has .* rows are/,
  },
  {
    bug: "an engine that forgets too early",
    planted: inWorld(({ engine }) => ({
      engine: replace(engine, {
        exited: async (id, signal) => {
          const exit = await engine.exited(id, signal);
          await engine.forget(id, signal);
          return exit;
        },
      }),
    })),
    scenario: "config change",
    says: /was started 2 times/,
    killed: true,
  },
  {
    bug: "transactions that are none",
    planted: { areTransactionsTorn: true },
    scenario: "redeploy of two web instances",
    says: /is the wrong first event/,
    killed: true,
  },
  {
    bug: "a lease that is never given back",
    planted: inStore(({ leases }) => ({ leases: replace(leases, { release: () => undefined }) })),
    scenario: "config change",
    says: /a lease is held|no rest within/,
  },
  {
    bug: "a formation that is forgotten",
    planted: inStore(({ apps }) => ({
      apps: replace(apps, { update: (name, { formation: _, ...change }) => apps.update(name, change) }),
    })),
    scenario: "scale up and down",
    says: /the formation is/,
  },
  {
    bug: "an end that tells another status than the row",
    planted: inStore(({ operations }) => ({
      operations: replace(operations, {
        end: (id, outcome) =>
          operations.end(id, outcome.status === "failed" ? { ...outcome, status: "succeeded" } : outcome),
      }),
    })),
    scenario: "deploy whose release command fails",
    says: /its row says succeeded, its event failed/,
  },
  {
    bug: "a builder that prints the environment",
    planted: inWorld(({ builder }) => ({
      builder: replace(builder, {
        build: (request) => {
          for (const value of Object.values(request.env)) request.onOutput("leak", reveal(value, "a planted bug"));
          return builder.build(request);
        },
      }),
    })),
    scenario: "deploy with generated secrets",
    says: /a config value stands in/,
  },
  {
    bug: "a release that stays pending",
    planted: inStore(({ releases }) => ({
      releases: replace(releases, {
        setStatus: (app, number, status) => (status === "failed" ? undefined : releases.setStatus(app, number, status)),
      }),
    })),
    scenario: "deploy that never listens",
    says: /its release is pending/,
  },
  {
    bug: "a supervisor's row that is not written",
    planted: inStore(({ instances }) => ({ instances: replace(instances, { setEnded: () => undefined }) })),
    scenario: "redeploy of two web instances",
    says: /not serving|alive are|no rest within|phases/,
  },
];

for (const { bug, planted, scenario, says, killed } of PLANTED) {
  test(`the simulator finds ${bug}`, async () => {
    const fixed = FIXED_SCENARIOS.find(({ title }) => title === scenario);
    assert.ok(fixed !== undefined);
    const play = (crashPoints: readonly number[]) => simulate({ ...fixed, repeat: "", seed: 1, crashPoints }, planted);
    const found = await failureOf(async () => {
      const { pointCount } = await play([]);
      for (let point = 1; killed === true && point <= pointCount; point += 1) await play([point]);
    });
    assert.ok(found !== undefined, "it found nothing");
    assert.ok(
      found.problems.some((problem) => says.test(problem)),
      found.message,
    );
  });
}

async function failureOf(work: () => Promise<void>): Promise<SimulationFailure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof SimulationFailure) return error;
    throw error;
  }
}
