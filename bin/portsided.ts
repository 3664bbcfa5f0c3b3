#!/usr/bin/env node
import { enableCompileCache } from "node:module";

enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/node`);
const { restartLean } = await import("../src/lib/lean-start.ts");
const { runServer } = await import("../src/server/main.ts");
restartLean();
await runServer(process);
