// Writes docs/reference/portability/ from the rules: `node tools/generate-portability-docs.ts`.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { portabilityPages } from "./portability-pages.ts";

const folder = new URL("../docs/reference/portability/", import.meta.url);
const pages = portabilityPages();
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (name.endsWith(".md") && !pages.has(name)) rmSync(new URL(name, folder));
for (const [name, text] of pages) writeFileSync(new URL(name, folder), text);
