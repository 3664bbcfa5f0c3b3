// Fuzzes all parsers of an app's files: `npm run fuzz [-- --runs 1000000 --seed 1 --target dotenv]`.
import { parseArgs } from "node:util";
import { fuzzTarget, type Figures } from "./fuzz-target.ts";
import { TARGETS } from "./targets.ts";

const RUNS = 1_000_000;
const LIMIT_MS = 300_000;

const { values } = parseArgs({
  options: { runs: { type: "string" }, seed: { type: "string" }, target: { type: "string" } },
});
const runs = Number(values.runs ?? RUNS);
const seed = Number(values.seed ?? Math.trunc(Math.random() * 2 ** 31));
const chosen = TARGETS.filter((target) => values.target === undefined || target.name === values.target);
if (!Number.isInteger(runs) || !Number.isInteger(seed) || chosen.length === 0) {
  console.error(`Usage: npm run fuzz -- [--runs N] [--seed N] [--target ${TARGETS.map((one) => one.name).join("|")}]`);
  process.exit(2);
}

const shares = chosen.reduce((sum, target) => sum + target.share, 0);
const figures: Figures[] = [];
for (const target of chosen) {
  const count = Math.ceil((runs * target.share) / shares);
  try {
    const one = fuzzTarget(target, { runs: count, seed });
    figures.push(one);
    const slowest = `slowest ${one.slowestMs.toFixed(1)} ms (${one.slowestLength} characters)`;
    console.log(`${one.name.padEnd(14)}${one.runs} inputs in ${(one.totalMs / 1_000).toFixed(1)} s, ${slowest}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(`\nAgain: npm run fuzz -- --target ${target.name} --runs ${count} --seed ${seed}`);
    process.exit(1);
  }
}

const totalMs = figures.reduce((sum, one) => sum + one.totalMs, 0);
const total = figures.reduce((sum, one) => sum + one.runs, 0);
console.log(`${total} inputs in ${(totalMs / 1_000).toFixed(1)} s, seed ${seed}`);
if (totalMs > LIMIT_MS) {
  console.error(`That is over ${LIMIT_MS / 1_000} s.`);
  process.exit(1);
}
