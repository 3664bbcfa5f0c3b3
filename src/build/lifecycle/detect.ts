import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { escapedId, type Buildpack, type BuildpackLookup, type GroupMember } from "../buildpack-registry.ts";
import { formatGroupToml } from "../files/group-toml.ts";
import { formatPlanToml, type PlanEntry } from "../files/plan-toml.ts";
import { EVIDENCE_LINES_MAX, LIFECYCLE, type BuildContext } from "../run-buildpack.ts";
import { askBuildpack, DETECT_FAIL, unfitTarget, type Verdict } from "./ask-buildpack.ts";
import { DetectLog } from "./detect-log.ts";
import { EXIT, PhaseFailure } from "./phase-failure.ts";
import { resolvePlan, type PlanElement } from "./resolve-plan.ts";
import { fitsTarget } from "../target.ts";

/** The group that takes part and its plan, or why there is none. */
export type DetectOutcome =
  | { readonly ok: true; readonly group: readonly Buildpack[]; readonly plan: readonly PlanEntry[] }
  | DetectFailure;

/** No group passed. */
export type DetectFailure = {
  readonly ok: false;
  /** 20, or 21 when a group broke. */
  readonly exitCode: number;
  /** Buildpacks that broke, rather than said no. `code` is an exit code, or -1 with the problem in words. */
  readonly errored: readonly {
    readonly id: string;
    readonly code: number;
    readonly problem?: string;
    readonly lines: readonly string[];
  }[];
  /** What was tried, as CNB tools print it. */
  readonly report: readonly string[];
};

/**
 * Finds the first group whose buildpacks want this app: all `bin/detect` of a group run side by side, each at most once,
 * then their plans must fit. A composite is replaced by each of its own groups in turn, found by `lookup`.
 * Writes `group.toml` and `plan.toml`. Rejects with E_CANCELLED, or with PhaseFailure for composites that name what is not
 * there or each other in a circle. cnb.md §3.
 */
export async function detect(
  order: readonly (readonly GroupMember[])[],
  context: BuildContext,
  lookup: BuildpackLookup = () => undefined,
): Promise<DetectOutcome> {
  const detection = new Detection(context, lookup);
  const found = await detection.run(order);
  if (typeof found === "string") return detection.failure(found);
  for (const { level, line } of detection.log.entries) {
    if (level === "info") context.onOutput(LIFECYCLE, line);
    else context.onDebug?.(line);
  }
  const { group, plan } = context.documents ?? {
    group: join(context.directories.layers, "group.toml"),
    plan: join(context.directories.layers, "plan.toml"),
  };
  writeFileSync(group, formatGroupToml(found.group));
  writeFileSync(plan, formatPlanToml(found.plan));
  return { ok: true, ...found };
}

/** A place in a group, with the composites it came out of. */
type Place = GroupMember & { readonly inside: readonly string[] };
type Found = { readonly group: readonly Buildpack[]; readonly plan: readonly PlanEntry[] };
type Tried = Found | "failed" | "errored";

/** Composites multiply; more than this is a mistake in them. */
const GROUPS_MAX = 1_000;

class Detection {
  readonly log = new DetectLog();
  readonly #context: BuildContext;
  readonly #lookup: BuildpackLookup;
  readonly #verdicts = new Map<string, Promise<Verdict>>();
  #groupCount = 0;

  constructor(context: BuildContext, lookup: BuildpackLookup) {
    this.#context = context;
    this.#lookup = lookup;
  }

  async run(order: readonly (readonly GroupMember[])[]): Promise<Tried> {
    try {
      const groups = order.map((group) => group.map((member) => ({ ...member, inside: [] })));
      return await this.#tryOrder(groups, { done: [], next: [], optional: false });
    } finally {
      // A group that failed early must not leave programs behind.
      await Promise.allSettled(this.#verdicts.values());
    }
  }

  async failure(tried: "failed" | "errored"): Promise<DetectFailure> {
    const all = await Promise.all(this.#verdicts.values());
    const errored = all.filter(({ code }) => code !== 0 && code !== DETECT_FAIL);
    this.log.info("No buildpack groups passed detection.");
    if (tried === "failed") this.log.info("Please check that you are running against the correct path.");
    return {
      ok: false,
      exitCode: tried === "errored" ? EXIT.detectErrored : EXIT.nothingDetected,
      errored: errored.map(({ buildpack, code, problem, lines }) => ({
        id: buildpack.id,
        code,
        ...(problem === undefined ? {} : { problem }),
        lines: lines.slice(-EVIDENCE_LINES_MAX),
      })),
      report: this.log.entries.map(({ line }) => line),
    };
  }

  /** Each group in turn, followed by `next`; without all of them when the order belongs to an optional composite. */
  async #tryOrder(
    order: readonly (readonly Place[])[],
    rest: { readonly done: readonly Place[]; readonly next: readonly Place[]; readonly optional: boolean },
  ): Promise<Tried> {
    let tried: Tried = "failed";
    for (const group of order) {
      const one = await this.#tryGroup([...group, ...rest.next], rest.done);
      if (typeof one !== "string") return one;
      if (one === "errored") tried = "errored";
    }
    return rest.optional ? this.#tryGroup(rest.next, rest.done) : tried;
  }

  async #tryGroup(group: readonly Place[], before: readonly Place[]): Promise<Tried> {
    this.#groupCount += 1;
    if (this.#groupCount > GROUPS_MAX) throw broken(`composites make more than ${GROUPS_MAX} groups`);
    const done = [...before];
    for (const [index, place] of group.entries()) {
      const { buildpack, optional } = place;
      if (done.some((one) => one.buildpack.id === buildpack.id)) continue;
      if (buildpack.order.length > 0) {
        return this.#tryOrder(this.#open(place), { done, next: group.slice(index + 1), optional });
      }
      const twin = done.find((one) => escapedId(one.buildpack.id) === escapedId(buildpack.id));
      if (twin !== undefined) {
        throw broken(`${nameOf(twin.buildpack)} and ${nameOf(buildpack)} would share one layers directory`);
      }
      done.push(place);
      this.#ask(place);
    }
    return this.#judge(done);
  }

  /** The groups of a composite, their buildpacks found. */
  #open({ buildpack, inside }: Place): readonly (readonly Place[])[] {
    const name = nameOf(buildpack);
    if (inside.includes(name)) throw broken(`composites name each other in a circle: ${[...inside, name].join(" → ")}`);
    return buildpack.order.map((group) =>
      group.map(({ id, version, optional }) => {
        const member = this.#lookup(id, version);
        if (member !== undefined) return { buildpack: member, optional, inside: [...inside, name] };
        throw broken(`${name} names ${version === undefined ? id : `${id}@${version}`}, which is not there`);
      }),
    );
  }

  /** Starts `bin/detect`, unless it ran for an earlier group. */
  #ask({ buildpack, optional }: Place): void {
    const name = nameOf(buildpack);
    if (this.#verdicts.has(name)) return;
    // An optional one runs whatever it is made for: the reference does so (§3.2).
    const fits = optional || fitsTarget(buildpack.targets, this.#context.target);
    const verdict = fits
      ? askBuildpack(buildpack, this.#context)
      : Promise.resolve(unfitTarget(buildpack, this.#context.target));
    this.#verdicts.set(name, verdict);
    // Whoever judges the group hears of a failure; nobody may be listening yet.
    verdict.catch(() => undefined);
  }

  async #judge(places: readonly Place[]): Promise<Tried> {
    const asked = await Promise.all(
      places.map(async (place) => {
        const verdict = await this.#verdicts.get(nameOf(place.buildpack));
        if (verdict === undefined) throw new TypeError(`${nameOf(place.buildpack)} was not asked`);
        return { ...place, verdict };
      }),
    );
    this.log.results(asked);
    const isBroken = ({ verdict }: { verdict: Verdict }): boolean => verdict.code !== 0 && verdict.code !== DETECT_FAIL;
    if (asked.some(({ optional, verdict }) => !optional && verdict.plan === undefined)) {
      return asked.some(isBroken) ? "errored" : "failed";
    }
    const elements = asked.flatMap(({ buildpack, optional, verdict }): (PlanElement & { buildpack: Buildpack })[] =>
      verdict.plan === undefined
        ? []
        : [{ id: buildpack.id, version: buildpack.version, optional, plan: verdict.plan, buildpack }],
    );
    if (elements.length === 0) {
      this.log.debug("fail: no viable buildpacks in group");
      return "failed";
    }
    const resolved = resolvePlan(elements);
    this.log.debug(...resolved.log);
    if (!resolved.ok) {
      this.log.debug("check the provided order: buildpacks that provide must run before those that require");
      return "failed";
    }
    const group = resolved.taking.flatMap((index) => elements[index]?.buildpack ?? []);
    this.log.taking(group, places.length);
    return { group, plan: resolved.entries };
  }
}

function nameOf({ id, version }: Buildpack): string {
  return `${id}@${version}`;
}

function broken(problem: string): PhaseFailure {
  return new PhaseFailure({ phase: "detect", problem });
}
