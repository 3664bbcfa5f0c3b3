// Measures the figures of README.md against the real CLI: `node bench/run.ts [NAME …] [--redeploys N]`.
// Each has a Portside of its own in a temporary directory and prints one row; the exit status is 1 when a target is missed.
import { parseArgs } from "node:util";
import { appsLatency } from "./apps-latency.ts";
import { exportLayout } from "./export-image.ts";
import { buildOverhead } from "./build-overhead.ts";
import { figureRow, type Figure } from "./figures.ts";
import { idleMemory } from "./idle-memory.ts";
import { lostRequests } from "./lost-requests.ts";
import { noopDeploy } from "./noop-deploy.ts";
import { oneLineChange } from "./one-line-change.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { redeploys: { type: "string", default: "50" } },
});

const BENCHES: Readonly<Record<string, () => Promise<Figure | Figure[]>>> = {
  "noop-deploy": noopDeploy,
  "one-line-change": oneLineChange,
  "build-overhead": buildOverhead,
  "apps-latency": appsLatency,
  "idle-memory": idleMemory,
  "export-image": exportLayout,
  "lost-requests": () => lostRequests(Number(values.redeploys)),
};

const unknown = positionals.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) throw new Error(`no bench ${unknown.join(", ")}; there are ${Object.keys(BENCHES).join(", ")}`);

console.log("| figure | measured | target | result | seen in the same run |\n|---|---|---|---|---|");
let missed = 0;
for (const [name, bench] of Object.entries(BENCHES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  for (const figure of [await bench()].flat()) {
    console.log(figureRow(figure));
    if (!figure.ok) missed += 1;
  }
}
process.exitCode = missed === 0 ? 0 : 1;
