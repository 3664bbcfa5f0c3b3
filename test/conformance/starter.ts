// A control plane that only starts one instance, says so when its first lines are stored, and then waits to be killed.
// Arguments: root directory, file of the sink, shell command.
import { systemClock } from "../../src/lib/clock.ts";
import type { AppName } from "../../src/model/app.ts";
import { FileSink } from "./file-sink.ts";
import { makeSlug, shellProcess } from "./slug.ts";
import { makeProcessEngine } from "./worlds.ts";

const [root = "", sinkPath = "", command = ""] = process.argv.slice(2);
const sink = new FileSink(sinkPath);
const engine = makeProcessEngine(root);
const never = new AbortController().signal;
const launch = shellProcess(command);
const artifact = makeSlug(root, { process: launch });
await engine.open(sink, never);
await engine.start(
  {
    id: "survivor",
    app: "shop" as AppName,
    kind: "service",
    name: "web.1",
    artifact,
    process: launch,
    env: {},
    port: false,
    stopTimeoutS: 5,
  },
  never,
);
while (sink.lines("survivor").length === 0) await systemClock.sleep(1);
process.stdout.write("started\n");
await systemClock.sleep(60_000);
