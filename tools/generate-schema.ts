// Writes schema/app.json from the readers that parse app.json: `node tools/generate-schema.ts`. A test holds both equal.
import { mkdirSync, writeFileSync } from "node:fs";
import { appJsonSchemaText } from "../src/contract/app-json-schema.ts";

const folder = new URL("../schema/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("app.json", folder), appJsonSchemaText());
