// Writes docs/reference/files/ anew from the examples and parsers: `node tools/generate-file-docs.ts`. A test holds both equal.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileManuals } from "../src/contract/file-manual.ts";

const folder = new URL("../docs/reference/files/", import.meta.url);
const pages = fileManuals();
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (!pages.has(name)) rmSync(new URL(name, folder));
for (const [name, text] of pages) writeFileSync(new URL(name, folder), text);
