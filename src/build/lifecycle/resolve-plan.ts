import type { BuildPlan, PlanAlternative, Requirement } from "../files/build-plan.ts";
import type { PlanEntry } from "../files/plan-toml.ts";

/** A buildpack that passed detection, with the ways it can take part. */
export type PlanElement = {
  readonly id: string;
  readonly version: string;
  readonly optional: boolean;
  readonly plan: BuildPlan;
};

/** Who takes part, by index into the elements given, and who gives what to whom. `log` tells what was tried, for a failure. */
export type PlanOutcome =
  | {
      readonly ok: true;
      readonly taking: readonly number[];
      readonly entries: readonly PlanEntry[];
      readonly log: readonly string[];
    }
  | { readonly ok: false; readonly log: readonly string[] };

/** One element of a trial: one of its alternatives. Optional only in its last one (§3.3, a quirk of the reference). */
type Choice = {
  readonly index: number;
  readonly element: PlanElement;
  readonly optional: boolean;
  readonly way: PlanAlternative;
};

/** More than any real group needs; the product of alternatives grows fast. */
const TRIALS_MAX = 10_000;

/**
 * Finds the first combination of alternatives in which every requirement has a provider and every provision a user.
 * Tries depth-first, later elements' alternatives first. Pure. cnb.md §3.3.
 */
export function resolvePlan(elements: readonly PlanElement[]): PlanOutcome {
  const log: string[] = [];
  let trials = 0;
  for (const choices of combinations(elements, 0)) {
    trials += 1;
    if (trials > TRIALS_MAX) {
      log.push(`fail: more than ${TRIALS_MAX} combinations`);
      break;
    }
    log.push(`Resolving plan... (try #${trials})`);
    const passed = tryChoices(choices, log);
    if (passed !== undefined) return { ok: true, ...passed, log };
  }
  return { ok: false, log };
}

function* combinations(elements: readonly PlanElement[], index: number): Generator<readonly Choice[]> {
  const element = elements[index];
  if (element === undefined) {
    yield [];
    return;
  }
  for (const [at, way] of element.plan.entries()) {
    const choice = { index, element, way, optional: element.optional && at === element.plan.length - 1 };
    for (const rest of combinations(elements, index + 1)) yield [choice, ...rest];
  }
}

function tryChoices(choices: readonly Choice[], log: string[]): { taking: number[]; entries: PlanEntry[] } | undefined {
  let taking = choices;
  for (;;) {
    const names = connect(taking);
    const misfits = [...unmetRequires(names), ...unusedProvides(names)];
    if (misfits.length === 0) break;
    for (const { choice, problem } of misfits) {
      log.push(`${choice.optional ? "skip" : "fail"}: ${choice.element.id}@${choice.element.version} ${problem}`);
      if (!choice.optional) return undefined;
    }
    const leaving = new Set(misfits.map(({ choice }) => choice));
    taking = taking.filter((choice) => !leaving.has(choice));
  }
  if (taking.length === 0) {
    log.push("fail: no viable buildpacks in group");
    return undefined;
  }
  const entries = [...connect(taking).values()].map(({ providers, requires }) => ({
    providers: providers.map(({ element: { id, version } }) => ({ id, version })),
    requires,
  }));
  return { taking: taking.map((choice) => choice.index), entries };
}

/** Everything about one name: who waits to be required, who provides, what is required, who required before any provider. */
type Name = { pending: Choice[]; providers: Choice[]; requires: Requirement[]; early: Choice[] };

function connect(choices: readonly Choice[]): Map<string, Name> {
  const names = new Map<string, Name>();
  const nameOf = (name: string): Name => {
    const known = names.get(name) ?? { pending: [], providers: [], requires: [], early: [] };
    names.set(name, known);
    return known;
  };
  for (const choice of choices) {
    for (const provided of choice.way.provides) nameOf(provided).pending.push(choice);
    for (const required of choice.way.requires) {
      const name = nameOf(required.name);
      name.providers.push(...name.pending.splice(0));
      if (name.providers.length === 0) name.early.push(choice);
      else name.requires.push(required);
    }
  }
  return names;
}

type Misfit = { readonly choice: Choice; readonly problem: string };

function unmetRequires(names: ReadonlyMap<string, Name>): Misfit[] {
  return [...names].flatMap(([name, { early }]) => early.map((choice) => ({ choice, problem: `requires ${name}` })));
}

function unusedProvides(names: ReadonlyMap<string, Name>): Misfit[] {
  return [...names].flatMap(([name, { pending }]) =>
    pending.map((choice) => ({ choice, problem: `provides unused ${name}` })),
  );
}
