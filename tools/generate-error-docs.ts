// Writes docs/reference/errors.md from the two registries: `node tools/generate-error-docs.ts`.
import { writeFileSync } from "node:fs";
import { errorsPage } from "./errors-page.ts";

writeFileSync(new URL("../docs/reference/errors.md", import.meta.url), errorsPage());
