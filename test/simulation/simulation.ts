import { Control } from "../../src/control/control.ts";
import type { PlatformState } from "../../src/control/control-plane.ts";
import { LogStore } from "../../src/control/logs/log-store.ts";
import { Store } from "../../src/control/store/store.ts";
import type { Log, World } from "../../src/control/world.ts";
import { RuntimeEngine } from "../../src/engines/runtime-engine.ts";
import { FakeClock } from "../../src/lib/fake-clock.ts";
import { secret } from "../../src/lib/secret.ts";
import { PortsideError } from "../../src/model/error-registry.ts";
import { isEnded, type OperationEvent } from "../../src/model/operation.ts";
import { Chance } from "./chance.ts";
import { JournalCheck } from "./journal-check.ts";
import { freshDatabase } from "./fresh-database.ts";
import { CrashPlan, Life, mortal, mortalClock, mortalDatabase, SimulatedCrash } from "./life.ts";
import { OutcomeCheck } from "./outcome-check.ts";
import { RestCheck } from "./rest-check.ts";
import { describeStep, type Action, type Scenario, type Step } from "./scenario.ts";
import { Disturbances, type Scene } from "./scene.ts";
import { readSimulatedContract, SimulatedBuilder, type BuilderDisk } from "./simulated-builder.ts";
import { SimulatedEdge, SimulatedRouter } from "./simulated-edge.ts";
import { SimulatedEngine, SimulatedMachine } from "./simulated-machine.ts";
import { TrafficCheck } from "./traffic-check.ts";

const LIMITS = {
  bootMs: 3_000,
  uptimeMs: 500,
  drainMs: 5_000,
  releaseCommandMs: 60_000,
  hookMs: 60_000,
  keepReleases: 2,
  keepBytes: 1_000,
  buildsAtATime: 1,
};
/** Everything must have come to rest within this time, back-offs and stop timeouts included. */
const REST_LIMIT_MS = 20 * 60_000;
/** What still stirs after things look at rest shows within this time. */
const AFTERMATH_MS = 300;
const TRACE_LINES_MAX = 80;
const ASK_TRIES_MAX = 6;
/** A scenario that takes more steps of time goes in circles. */
const TICKS_MAX = 60_000;
const ASKER = { via: "socket", user: "simulator" } as const;
const MASTER_KEY = Buffer.alloc(32, 1);

/** A bug planted below or inside the world, to see whether the checks find it. */
export type Planted = { readonly world?: (world: World) => World; readonly areTransactionsTorn?: boolean };

/** What a scenario came to. `statuses`: of the operations of the steps, in order of their ids. */
export type Report = {
  readonly pointCount: number;
  readonly crashCount: number;
  readonly statuses: readonly string[];
  readonly operationCount: number;
};

/** A scenario in which something was not as it must be: says what, what led there, and how to see it again. */
export class SimulationFailure extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], text: string) {
    super(text);
    this.problems = problems;
  }
}

/** Plays a scenario to its end. Throws `SimulationFailure` at the first moment at which something is wrong. */
export async function simulate(scenario: Scenario, planted: Planted = {}): Promise<Report> {
  const simulation = new Simulation(scenario, planted);
  const onRejection = (error: unknown): void => simulation.problem(`an unhandled rejection: ${String(error)}`);
  process.on("unhandledRejection", onRejection);
  try {
    return await simulation.run();
  } finally {
    process.off("unhandledRejection", onRejection);
    simulation.close();
  }
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #planted: Planted;
  readonly #plan: CrashPlan;
  readonly #chance: Chance;
  readonly #clock = new FakeClock();
  readonly #database = freshDatabase(this.#clock);
  readonly #logs: LogStore;
  readonly #disk: BuilderDisk = { sources: new Map(), artifacts: new Map() };
  readonly #scene: Scene;
  readonly #journal: JournalCheck;
  readonly #outcome: OutcomeCheck;
  readonly #traffic: TrafficCheck;
  readonly #atRest: RestCheck;
  readonly #problems: string[] = [];
  readonly #trace: string[] = [];
  #life: Life;
  #control: Control | undefined;
  #lastEventRow = 0;
  #tickCount = 0;

  constructor(scenario: Scenario, planted: Planted) {
    this.#scenario = scenario;
    this.#planted = planted;
    this.#plan = new CrashPlan(scenario.crashPoints);
    this.#chance = new Chance(scenario.seed ^ 0x5eed);
    this.#life = new Life(0, this.#plan);
    this.#life.kill();
    this.#logs = new LogStore(":memory:", this.#clock);
    const machine = new SimulatedMachine({ clock: this.#clock, random: this.#chance });
    const edge = new SimulatedEdge(this.#clock, this.#chance);
    const parts = {
      clock: this.#clock,
      machine,
      edge,
      disk: this.#disk,
      database: this.#database,
      disturbances: new Disturbances(),
    };
    const store = new Store(this.#database, MASTER_KEY, { clock: this.#clock, random: this.#chance });
    this.#scene = { ...parts, store, problem: (text) => this.problem(text) };
    this.#journal = new JournalCheck(this.#scene);
    this.#outcome = new OutcomeCheck(this.#scene, this.#journal);
    this.#traffic = new TrafficCheck(this.#scene);
    this.#atRest = new RestCheck(this.#scene);
    edge.onTakeOver = () => {
      this.#note(
        `edge serves table ${edge.served?.version}: ${edge.served?.routes
          .flatMap(({ targets }) => targets)
          .map(({ instance }) => instance)
          .join(" ")}`,
      );
      this.#traffic.onTakeOver();
    };
    machine.watch = {
      onRun: (spec) => {
        this.#note(`starts ${spec.id}`);
        this.#journal.onRun(spec);
      },
      onStop: (id) => {
        this.#note(`stops ${id}`);
        this.#traffic.onStop(id);
      },
    };
  }

  async run(): Promise<Report> {
    for (const step of this.#scenario.setup) await this.#play(step);
    await this.#rest();
    const firstOperation = this.#newestOperation() + 1;
    this.#plan.arm();
    for (const step of this.#scenario.steps) await this.#play(step);
    await this.#rest();
    this.#journal.onRest();
    this.#atRest.checkSecrets(this.#logTexts());
    this.#throwProblems();
    const statuses = this.#database
      .all<{ status: string }>("SELECT status FROM operations WHERE id >= ? ORDER BY id", firstOperation)
      .map(({ status }) => status);
    return {
      pointCount: this.#plan.count,
      crashCount: this.#plan.crashes.length,
      statuses,
      operationCount: this.#newestOperation(),
    };
  }

  close(): void {
    this.#life.kill();
    this.#logs.close();
  }

  problem(text: string): void {
    this.#note(`PROBLEM ${text}`);
    this.#problems.push(text);
  }

  // --- time ---

  /** Lets time pass until it holds, bringing the control plane back whenever it has died. False at the limit. */
  async #until(holds: () => boolean, limitMs: number): Promise<boolean> {
    const deadline = this.#clock.now() + limitMs;
    for (;;) {
      if (this.#life.isDead) await this.#revive();
      if (holds()) return true;
      if (this.#clock.now() >= deadline) return false;
      await this.#tick(deadline);
    }
  }

  /** To the next moment at which somebody wakes, at most until then; checks what must hold at every moment. */
  async #tick(until: number): Promise<void> {
    if ((this.#tickCount += 1) > TICKS_MAX) this.problem("it goes in circles");
    this.#plan.stir();
    await this.#clock.advanceToNext(until);
    this.#traffic.onStep();
    this.#throwProblems();
  }

  async #pass(ms: number): Promise<void> {
    const until = this.#clock.now() + ms;
    await this.#until(() => this.#clock.now() >= until, ms);
  }

  async #rest(): Promise<void> {
    const isStill = async (): Promise<boolean> => {
      if (!(await this.#until(() => this.#atRest.isReached(), REST_LIMIT_MS))) this.#tellUnrest();
      this.#throwProblems();
      await this.#pass(AFTERMATH_MS);
      return this.#atRest.isReached() && !this.#life.isDead;
    };
    while (!(await isStill()));
    this.#atRest.check();
    this.#throwProblems();
  }

  #tellUnrest(): void {
    const open = this.#scene.store.operations
      .open()
      .map(({ id, kind, status }) => `operation ${id} (${kind}) is ${status}`);
    const rows = this.#scene.store.instances
      .allAlive()
      .map(({ id, phase }) => `${id} is ${phase}${this.#scene.machine.isRunning(id) ? "" : ", not running"}`);
    this.problem(`no rest within ${REST_LIMIT_MS / 60_000} min: ${[...open, ...rows].join("; ")}`);
  }

  // --- lives ---

  /** Starts control planes until one of them is open. */
  async #revive(): Promise<void> {
    if (this.#life.number > 0) this.#note(`the control plane is dead ${this.#plan.crashes.at(-1) ?? ""}`);
    do {
      const until =
        this.#clock.now() +
        this.#chance.weighted([
          [50, 0],
          [50, this.#chance.int(1, 3_000)],
        ]);
      while (this.#clock.now() < until) await this.#tick(until);
      await this.#begin();
    } while (this.#life.isDead);
  }

  async #begin(): Promise<void> {
    this.#life = new Life(this.#life.number + 1, this.#plan);
    const life = this.#life;
    const state = { isOpen: false };
    this.#note(`life ${life.number} begins`);
    const control = new Control(this.#world(life), { state: () => PLATFORM, shutdown: () => undefined });
    control.open(new AbortController().signal).then(
      () => (state.isOpen = true),
      (error: unknown) => (life.isDead ? undefined : this.problem(`the control plane does not open: ${String(error)}`)),
    );
    const deadline = this.#clock.now() + REST_LIMIT_MS;
    await this.#tick(this.#clock.now());
    while (!state.isOpen && !life.isDead) {
      await this.#tick(deadline);
      if (this.#clock.now() >= deadline) this.problem("the control plane does not open");
      this.#throwProblems();
    }
    this.#control = control;
    if (!life.isDead) this.#note(`life ${life.number} is open`);
  }

  #world(life: Life): World {
    const clock = mortalClock(this.#clock, life);
    const { areTransactionsTorn = false } = this.#planted;
    const rows = mortalDatabase(this.#database, life, {
      onRow: (hasEvents) => this.#onRow(hasEvents),
      areTransactionsTorn,
    });
    const store = new Store(rows, MASTER_KEY, { clock, random: this.#chance });
    const fake = new SimulatedEngine(this.#scene.machine);
    life.onDeath(() => fake.crash());
    const world: World = {
      clock,
      random: this.#chance,
      store,
      engine: mortal(new RuntimeEngine(fake, clock), life, "engine"),
      builder: mortal(new SimulatedBuilder(this.#disk, clock), life, "builder"),
      readContract: (directory) => life.hold(readSimulatedContract(this.#disk, directory)),
      probe: mortal(this.#probe(), life),
      outgoing: { post: () => Promise.resolve({ ok: true, status: 200 }) },
      router: mortal(new SimulatedRouter(this.#scene.edge, clock), life, "router"),
      logs: mortal(this.#logs, life),
      log: this.#log(life),
      limits: LIMITS,
    };
    return this.#planted.world?.(world) ?? world;
  }

  #probe(): World["probe"] {
    const { machine } = this.#scene;
    const reason = "connection refused";
    return {
      connect: (target) =>
        Promise.resolve(
          machine.probe(target) === "accepts" ? { accepted: true } : { accepted: false, refused: true, reason },
        ),
      request: (target) => {
        const status = machine.request(target, target.path);
        if (typeof status === "number") return Promise.resolve({ answered: true, status, body: "" });
        return Promise.resolve({ answered: false, refused: status === "refused", reason });
      },
    };
  }

  /** The log is for people; an error in it is something that control did not expect. */
  #log(life: Life): Log {
    return ({ level, msg, ...fields }) => {
      if (life.isDead) return;
      this.#note(`log ${level}: ${msg} ${JSON.stringify(fields)}`);
      const isExpected = String(fields["error"]).includes("the scenario");
      if (level === "error" && !isExpected) this.problem(`logged as an error: ${msg} ${JSON.stringify(fields)}`);
    };
  }

  /** A row is there: whatever events came with it are looked at. */
  #onRow(hasEvents: boolean): void {
    this.#atRest.onRow();
    if (!hasEvents) return;
    const sql = "SELECT rowid, operation, seq, at, body FROM operation_events WHERE rowid > ? ORDER BY rowid";
    type Row = { rowid: number; operation: number; seq: number; at: number; body: string };
    for (const row of this.#database.all<Row>(sql, this.#lastEventRow)) {
      this.#lastEventRow = row.rowid;
      const event = { ...(JSON.parse(row.body) as OperationEvent), seq: row.seq, at: row.at };
      this.#note(`operation ${row.operation}: ${row.body.slice(0, 160)}`);
      this.#journal.onEvent(row.operation, event);
      this.#outcome.onEvent(row.operation, event);
      this.#traffic.onEvent(row.operation, event);
    }
  }

  // --- what the scenario does ---

  async #play(step: Step): Promise<void> {
    if (step.when === "idle") await this.#rest();
    else await this.#pass(step.when);
    this.#note(`*** ${describeStep(step)}`);
    await this.#act(step.action);
    await this.#tick(this.#clock.now());
  }

  async #act(action: Action): Promise<void> {
    const { machine, edge, disturbances } = this.#scene;
    switch (action.do) {
      case "killInstance":
        return this.#killInstance(action);
      case "reboot":
        this.#life.kill();
        this.#disturb(machine.running(), () => machine.reboot());
        void edge.restart(this.#chance.int(100, 5_000));
        return;
      case "killControl":
        return this.#life.kill();
      case "edgeDown":
        void edge.restart(action.ms);
        return;
      case "engineFails":
        return machine.failNext(action.method, { moment: action.moment, message: "the scenario says so" });
      case "shutdown":
        disturbances.isShuttingDown = action.stopInstances;
        await this.#shutdown(action);
        disturbances.isShuttingDown = false;
        return;
      default:
        await this.#ask(action);
    }
  }

  #killInstance(action: Extract<Action, { do: "killInstance" }>): void {
    const { machine } = this.#scene;
    const running = machine
      .running()
      .filter((id) => machine.process(id).spec.app === action.app && machine.process(id).spec.kind === "service");
    const id = running[action.nth % Math.max(1, running.length)];
    if (id !== undefined) this.#disturb([id], () => machine.end(id, { signal: "SIGKILL" }));
  }

  #disturb(ids: readonly string[], how: () => void): void {
    const { machine, disturbances } = this.#scene;
    for (const app of new Set(ids.map((id) => machine.process(id).spec.app))) {
      const own = ids.filter((id) => machine.process(id).spec.app === app);
      disturbances.note(app, own);
      this.#traffic.onDisturbance(app);
    }
    how();
  }

  async #shutdown(action: Extract<Action, { do: "shutdown" }>): Promise<void> {
    const { stopInstances } = action;
    const life = this.#life;
    const state = { isClosed: false };
    if (stopInstances) this.#disturb(this.#scene.machine.running(), () => undefined);
    this.#control?.close({ stopInstances }).then(
      () => (state.isClosed = true),
      (error: unknown) =>
        life.isDead ? undefined : this.problem(`the control plane does not close: ${String(error)}`),
    );
    const deadline = this.#clock.now() + REST_LIMIT_MS;
    // Without it the first step of time would be to the deadline: nobody sleeps yet.
    await this.#tick(this.#clock.now());
    while (!state.isClosed && !life.isDead && this.#clock.now() < deadline) await this.#tick(deadline);
    if (!state.isClosed && !life.isDead) this.problem("the control plane does not close");
    if (state.isClosed && stopInstances) {
      if (this.#scene.machine.running().length > 0)
        this.problem(`left running by a shutdown: ${this.#scene.machine.running().join(" ")}`);
    }
    if (action.thenCancel && !life.isDead) this.#cancelAll();
    life.kill();
  }

  /** Asks the control plane; when it dies over that and the request is not there afterwards, asks again. */
  async #ask(action: Action): Promise<void> {
    for (let tries = 1; tries <= ASK_TRIES_MAX; tries += 1) {
      if (this.#life.isDead) await this.#revive();
      const newest = this.#newestOperation();
      const life = this.#life;
      try {
        this.#request(action);
        if (!life.isDead) return;
      } catch (error) {
        if (!life.isDead && error instanceof PortsideError) return this.#note(`refused: ${error.code}`);
        if (!(error instanceof SimulatedCrash)) this.problem(`asking failed: ${String(error)}`);
      }
      if (this.#newestOperation() > newest) return;
    }
  }

  #request(action: Action): void {
    const control = this.#control;
    if (control === undefined) return;
    switch (action.do) {
      case "deploy":
        this.#disk.sources.set(action.source.digest, action.source);
        control.deploy({ app: action.app, source: action.source.digest, origin: "/here", takeOver: false }, ASKER);
        break;
      case "scale":
        control.scale(action.app, action.formation, ASKER);
        break;
      case "config":
        control.setConfig(
          action.app,
          Object.fromEntries(
            Object.entries(action.values).map(([name, value]) => [name, value === null ? null : secret(value)]),
          ),
          ASKER,
        );
        break;
      case "restart":
        control.restart(action.app, action, ASKER);
        break;
      case "rollback":
        control.rollback(action.app, undefined, ASKER);
        break;
      case "destroy":
        control.destroy(action.app, ASKER);
        break;
      case "freeze": {
        const { app, ms } = action;
        const freeze = ms === null ? null : { reason: "the scenario says so", until: this.#clock.now() + ms };
        control.changeSettings(app, { freeze }, ASKER);
        break;
      }
      case "cancel":
        this.#cancel(control, action.app);
        break;
      default:
        throw new Error(`${action.do} is nothing to ask the control plane for`);
    }
  }

  #cancel(control: Control, app: string): void {
    const sql = "SELECT id, status FROM operations WHERE app = ? ORDER BY id DESC LIMIT 1";
    const newest = this.#database.get<{ id: number; status: Parameters<typeof isEnded>[0] }>(sql, app);
    if (newest !== undefined && !isEnded(newest.status)) control.cancel(newest.id);
  }

  #cancelAll(): void {
    for (const { id } of this.#scene.store.operations.open()) {
      try {
        this.#control?.cancel(id);
      } catch (error) {
        if (!(error instanceof SimulatedCrash)) this.problem(`cancelling failed: ${String(error)}`);
      }
    }
  }

  #newestOperation(): number {
    return this.#database.get<{ id: number }>("SELECT coalesce(max(id), 0) AS id FROM operations")?.id ?? 0;
  }

  // --- telling ---

  #note(text: string): void {
    this.#trace.push(`${String(this.#clock.now() % 100_000_000).padStart(8)} ${text}`);
  }

  #logTexts(): readonly string[] {
    return this.#scene.store.apps
      .list()
      .flatMap(({ name }) => this.#logs.read({ app: name, num: 100_000 }).map(({ text }) => text));
  }

  #throwProblems(): void {
    if (this.#problems.length === 0) return;
    const { title, setup, steps, crashPoints, repeat } = this.#scenario;
    const lines = [
      `${title}: ${this.#problems[0]}`,
      ...this.#problems.slice(1).map((problem) => `  also: ${problem}`),
      ...[...setup, ...steps].map((step, index) => `  ${index < setup.length ? "setup " : ""}${describeStep(step)}`),
      `  killed at points ${crashPoints.join(", ") || "none"}; reached: ${this.#plan.crashes.join(", ") || "none"}`,
      "  what happened last:",
      ...this.#trace.slice(-TRACE_LINES_MAX).map((line) => `    ${line}`),
      `  repeat: ${repeat}`,
    ];
    throw new SimulationFailure(this.#problems, lines.join("\n"));
  }
}

const PLATFORM: PlatformState = {
  version: "0.0.0",
  pid: 1,
  home: "/home",
  startedAt: 0,
  engine: "fake",
  apiUrl: "",
  state: "running",
  edge: { state: "serving", wantedPort: 8080, tableVersion: 0 },
  appCount: 0,
};
