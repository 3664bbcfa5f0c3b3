/**
 * One thing that a run checks. Written here; read by run-lanes.ts. Nowhere stored.
 * `tests`: node:test, its counts are read; a run without a test fails. `tool`: a program whose exit code counts as one check.
 * `nested`: a program that ends in a line `N passed, N failed` of its own.
 */
export type Lane = {
  readonly name: string;
  readonly kind: "tests" | "tool" | "nested";
  readonly argv: readonly [string, ...string[]];
  readonly limitMs: number;
  /** Lanes of one stage run side by side, two at a time; stages one after the other. */
  readonly stage: number;
  /** File patterns that must match something: a lane without files is told loudly, and fails in CI. */
  readonly files?: readonly string[];
  /** It may have no files yet, in CI too. */
  readonly optional?: true;
};

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const NODE = process.execPath;

/** Each file in its own process, one file after the other: these tests start processes and listen on ports. */
function testLane(lane: { name: string; stage: number; limitMs: number; testLimitMs: number }): Lane {
  const files = [`test/${lane.name}/**/*.test.ts`];
  const argv = [NODE, "--test", `--test-timeout=${lane.testLimitMs}`, "--test-concurrency=1", ...files] as const;
  return { name: lane.name, kind: "tests", argv, limitMs: lane.limitMs, stage: lane.stage, files };
}

/** All files in one process: they start fast and share nothing. */
function unitLane(name: string, files: readonly string[]): Lane {
  const argv = [NODE, "--test", "--test-isolation=none", `--test-timeout=${MINUTE_MS}`, ...files] as const;
  return { name, kind: "tests", argv, limitMs: 8 * MINUTE_MS, stage: 1, files };
}

/** A process a file, one after the other: hooks at the top of a file stay its own, and these tests start programs. */
function programLane(name: string, files: readonly string[]): Lane {
  const argv = [NODE, "--test", "--test-concurrency=1", `--test-timeout=${MINUTE_MS}`, ...files] as const;
  return { name, kind: "tests", argv, limitMs: 8 * MINUTE_MS, stage: 1, files };
}

const LANES = {
  types: { name: "types", kind: "tool", argv: ["tsc", "-p", ".", "--noEmit"], limitMs: 3 * MINUTE_MS, stage: 1 },
  lint: { name: "lint", kind: "tool", argv: ["oxlint"], limitMs: 3 * MINUTE_MS, stage: 1 },
  lintTypes: { name: "lint-types", kind: "tool", argv: ["oxlint", "--type-aware"], limitMs: 3 * MINUTE_MS, stage: 1 },
  format: { name: "format", kind: "tool", argv: ["oxfmt", "--check", "."], limitMs: 3 * MINUTE_MS, stage: 1 },
  knip: { name: "knip", kind: "tool", argv: ["knip", "--no-progress"], limitMs: 3 * MINUTE_MS, stage: 1 },
  tidy: {
    name: "tidy",
    kind: "tests",
    argv: [NODE, "--test", "test/tidy.test.ts"],
    limitMs: 3 * MINUTE_MS,
    stage: 1,
    files: ["test/tidy.test.ts"],
  },
  // Half of the time goes to the two rooms that start processes: side by side with the rest it costs nothing.
  unitProcesses: unitLane("unit-processes", ["src/{build,engines}/**/*.test.ts"]),
  unit: unitLane("unit", ["src/!(build|engines)/**/*.test.ts", "tools/**/*.test.ts", "test/fuzz/**/*.test.ts"]),
  buildpacks: programLane("buildpacks", ["buildpacks/**/!(pip).test.ts"]),
  // A minute, so not before every change: it needs a python3 with pip, and says so where there is none.
  pip: programLane("pip", ["buildpacks/python/pip.test.ts"]),
  conformance: testLane({ name: "conformance", stage: 2, limitMs: 10 * MINUTE_MS, testLimitMs: 2 * MINUTE_MS }),
  // Each test has its own directories, and most of them call the program in their own process.
  cnb: {
    name: "cnb",
    kind: "tests",
    argv: [NODE, "--test", `--test-timeout=${2 * MINUTE_MS}`, "--test-concurrency=2", "test/cnb/**/*.test.ts"],
    limitMs: 8 * MINUTE_MS,
    stage: 2,
    files: ["test/cnb/**/*.test.ts"],
  },
  simulation: testLane({ name: "simulation", stage: 2, limitMs: 8 * MINUTE_MS, testLimitMs: 2 * MINUTE_MS }),
  edge: testLane({ name: "edge", stage: 3, limitMs: 5 * MINUTE_MS, testLimitMs: 2 * MINUTE_MS }),
  acceptance: testLane({ name: "acceptance", stage: 4, limitMs: 12 * MINUTE_MS, testLimitMs: 5 * MINUTE_MS }),
  security: {
    ...testLane({ name: "security", stage: 5, limitMs: 8 * MINUTE_MS, testLimitMs: 2 * MINUTE_MS }),
    optional: true,
  },
  // A server killed and started again at every recorded step: many minutes, so by itself alone (`npm run test:kill`).
  kill: testLane({ name: "kill", stage: 6, limitMs: 15 * MINUTE_MS, testLimitMs: 3 * MINUTE_MS }),
  slow: testLane({ name: "slow", stage: 6, limitMs: 8 * MINUTE_MS, testLimitMs: 2 * MINUTE_MS }),
  real: testLane({ name: "real", stage: 6, limitMs: 20 * MINUTE_MS, testLimitMs: 8 * MINUTE_MS }),
  unprivileged: {
    name: "unprivileged",
    kind: "nested",
    argv: [NODE, "tools/unprivileged.ts", "as-user"],
    limitMs: 20 * MINUTE_MS,
    stage: 7,
  },
} as const satisfies Record<string, Lane>;

const { unit, unitProcesses, buildpacks, pip, types, lint, lintTypes, format, knip, tidy } = LANES;
const { conformance, simulation, cnb, edge, acceptance, security, kill, slow, real, unprivileged } = LANES;
// The longest first, so that two side by side end at about the same time.
const CHECK = [
  unitProcesses,
  unit,
  buildpacks,
  types,
  lintTypes,
  lint,
  format,
  knip,
  tidy,
  conformance,
  cnb,
  simulation,
];
const TEST = [unitProcesses, unit, buildpacks, pip, tidy, conformance, cnb, simulation, edge, acceptance, security];

/** What `npm run …` calls run. `test` needs no network, root or Docker; `real` and so `ci` need the npm registry. */
export const LANE_SETS: Readonly<Record<string, readonly Lane[]>> = {
  check: CHECK,
  test: TEST,
  acceptance: [acceptance],
  kill: [kill],
  real: [real],
  ci: [...new Set<Lane>([...CHECK, ...TEST, slow, real, unprivileged])],
  "as-user": [unitProcesses, unit, buildpacks, pip, conformance, cnb, acceptance],
};
