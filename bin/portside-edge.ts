#!/usr/bin/env node
import { enableCompileCache } from "node:module";

enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/node`);
const { restartLean } = await import("../src/lib/lean-start.ts");
const { runEdge } = await import("../src/edge/main.ts");
restartLean();
await runEdge(process.argv.slice(2));
