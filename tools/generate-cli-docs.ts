// Writes docs/reference/cli/ anew from the command table: `node tools/generate-cli-docs.ts`. A test holds both equal.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { COMMANDS } from "../src/cli/command-table.ts";
import { manualPages } from "../src/cli/output/manual.ts";

const folder = new URL("../docs/reference/cli/", import.meta.url);
const pages = manualPages(COMMANDS);
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (!pages.has(name)) rmSync(new URL(name, folder));
for (const [name, text] of pages) writeFileSync(new URL(name, folder), text);
