// Runs once for each new release, before any instance of it starts. A failure here keeps the old release serving.
import { accessSync, constants, mkdirSync } from "node:fs";
import { dirname } from "node:path";

const { DATA_FILE, SESSION_SECRET, PORTSIDE_RELEASE = "unreleased" } = process.env;

if (!SESSION_SECRET) {
  console.error("SESSION_SECRET is missing: visitors' names could not be remembered safely.");
  process.exit(1);
}
if (DATA_FILE) {
  mkdirSync(dirname(DATA_FILE), { recursive: true });
  accessSync(dirname(DATA_FILE), constants.W_OK);
}
console.log(`release ${PORTSIDE_RELEASE}: ready`);
