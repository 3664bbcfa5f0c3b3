#!/usr/bin/env node
import { enableCompileCache } from "node:module";

enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/node`);
const { runLifecycle } = await import("../src/build/phases/main.ts");
process.exitCode = await runLifecycle(process);
