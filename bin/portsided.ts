#!/usr/bin/env node
import { enableCompileCache } from "node:module";

enableCompileCache();
const { runServer } = await import("../src/server/main.ts");
await runServer(process);
