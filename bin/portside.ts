#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Beside the dependencies, so that nothing outside the checkout and the Portside home is written.
enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/node`);
const { run } = await import("../src/cli/main.ts");
process.exitCode = await run(process);
