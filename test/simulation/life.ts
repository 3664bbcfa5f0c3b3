import type { Clock } from "../../src/lib/clock.ts";
import type { Database, SqlValue } from "../../src/lib/sqlite.ts";

/** What a dead control plane gets from whatever it still calls. Nothing it does after this has an effect. */
export class SimulatedCrash extends Error {}

/**
 * Where the control plane is to die: at the n-th point, counted over all its lives since `arm`. A point is a place where a
 * kill leaves other traces than a kill just before: before and after each row (or outermost transaction) is written, and
 * after each effect (of engine, builder, router) is there but not yet told.
 */
export class CrashPlan {
  readonly #points: ReadonlySet<number>;
  #armed = false;
  #count = 0;
  /** `17 (after UPDATE instances SET phase)`: the points that killed. */
  readonly crashes: string[] = [];
  /** What was last passed, and nothing happened since, leaves the same traces as what comes next. */
  #isFresh = false;

  constructor(points: readonly number[]) {
    this.#points = new Set(points);
  }

  /** Points that were passed since `arm`. */
  get count(): number {
    return this.#count;
  }

  arm(): void {
    this.#armed = true;
  }

  /** Something happened that a kill cannot take back. */
  stir(): void {
    this.#isFresh = false;
  }

  /** Counts the point before something, unless it is the same as the one counted last. */
  passBefore(label: () => string): boolean {
    return !this.#isFresh && this.pass(label);
  }

  /** Counts one point; true when the control plane dies here. */
  pass(label: () => string): boolean {
    if (!this.#armed) return false;
    this.#count += 1;
    this.#isFresh = true;
    if (!this.#points.has(this.#count)) return false;
    this.crashes.push(`${this.#count} (${label()})`);
    return true;
  }
}

/** One life of the control plane, from its start to its kill. */
export class Life {
  readonly number: number;
  readonly #plan: CrashPlan;
  readonly #onDeath: (() => void)[] = [];
  #isDead = false;

  constructor(number: number, plan: CrashPlan) {
    this.number = number;
    this.#plan = plan;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  onDeath(callback: () => void): void {
    this.#onDeath.push(callback);
  }

  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    for (const callback of this.#onDeath) callback();
  }

  assertAlive(): void {
    if (this.#isDead) throw new SimulatedCrash("the control plane is dead");
  }

  /** Something is done that outlives the control plane. */
  stir(): void {
    this.#plan.stir();
  }

  /** A point for synchronous work: throws when the control plane dies here. */
  point(when: "before" | "after", label: () => string): void {
    const told = (): string => `${when} ${label()}`;
    if (when === "before" ? this.#plan.passBefore(told) : this.#plan.pass(told)) this.kill();
    this.assertAlive();
  }

  /** The promise's result, while alive; with a label, its end is a point. Never settles for a dead control plane. */
  hold<Value>(promise: Promise<Value>, label?: () => string): Promise<Value> {
    const goesOn = (): boolean => {
      if (!this.#isDead && label !== undefined && this.#plan.pass(label)) this.kill();
      return !this.#isDead;
    };
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => (goesOn() ? resolve(value) : undefined),
        (error: unknown) => (goesOn() ? reject(error as Error) : undefined),
      );
    });
  }
}

/**
 * The object as one life sees it: dead, its calls throw and what it waits for never comes. With `points`, the end of each
 * asynchronous call is a point.
 */
export function mortal<Part extends object>(part: Part, life: Life, points?: string): Part {
  return new Proxy(part, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...values: unknown[]): unknown => {
        life.assertAlive();
        life.stir();
        const result: unknown = Reflect.apply(value, target, values);
        if (!(result instanceof Promise)) return result;
        if (points === undefined) return life.hold(result);
        const subject = typeof values[0] === "string" ? ` ${values[0]}` : "";
        return life.hold(result, () => `after ${points}.${String(name)}${subject}`);
      };
    },
  });
}

/** The clock as one life sees it: the dead sleep for ever. */
export function mortalClock(clock: Clock, life: Life): Clock {
  return {
    now: () => clock.now(),
    sleep: (ms, signal) => (life.isDead ? new Promise(() => undefined) : life.hold(clock.sleep(ms, signal))),
  };
}

/**
 * The database as one life sees it. Each write outside a transaction and each outermost transaction is a row: a point
 * before it and one after it. `onRow` is told in between, when it is there, and whether events are among it.
 * With `areTransactionsTorn` transactions are none: a bug to be found.
 */
export function mortalDatabase(
  database: Database,
  life: Life,
  {
    onRow,
    areTransactionsTorn = false,
  }: { readonly onRow: (hasEvents: boolean) => void; readonly areTransactionsTorn?: boolean },
): Database {
  let depth = 0;
  let hasEvents = false;
  const write = <Value>(label: () => string, work: () => Value): Value => {
    life.assertAlive();
    if (depth > 0) return work();
    hasEvents = false;
    life.point("before", label);
    const result = work();
    onRow(hasEvents);
    life.point("after", label);
    return result;
  };
  const transaction = <Value>(body: () => Value): Value => {
    if (areTransactionsTorn) return body();
    return write(
      () => `the transaction in ${callerOf()}`,
      () => {
        depth += 1;
        try {
          return database.transaction(body);
        } finally {
          depth -= 1;
        }
      },
    );
  };
  const own = {
    run: (sql: string, ...values: SqlValue[]) =>
      write(
        () => shorten(sql),
        () => {
          hasEvents ||= sql.startsWith("INSERT INTO operation_events");
          return database.run(sql, ...values);
        },
      ),
    get: (sql: string, ...values: SqlValue[]) =>
      /^(INSERT|UPDATE|DELETE)/.test(sql)
        ? write(
            () => shorten(sql),
            () => database.get(sql, ...values),
          )
        : database.get(sql, ...values),
    transaction,
  };
  return new Proxy(database, {
    get(target, name) {
      if (name === "run" || name === "get" || name === "transaction") return own[name];
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...values: unknown[]): unknown => {
        life.assertAlive();
        return Reflect.apply(value, target, values);
      };
    },
  });
}

const STACK_LINE = /\/(\w[\w-]*)\.ts:(\d+)/;

/** `route:44`: where in control a transaction begins, for people who look for a crash. */
function callerOf(): string {
  const lines = (new Error("where").stack ?? "")
    .split("\n")
    .filter((line) => /src\/control\/(?!store\/store)/.test(line));
  const [, file = "?", line = ""] = STACK_LINE.exec(lines[0] ?? "") ?? [];
  return `${file}:${line}`;
}

function shorten(sql: string): string {
  return sql
    .replace(/^INSERT (OR \w+ )?INTO/, "INSERT")
    .split(" ")
    .slice(0, 4)
    .join(" ");
}
