import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BUILD } from "./build-phase.ts";
import { DETECT } from "./detect-phase.ts";
import { FLAGS, type Flag, type FlagName } from "./flags.ts";
import { RESTORE } from "./restore-phase.ts";

const PAGE = readFileSync(new URL("../../../docs/reference/lifecycle.md", import.meta.url), "utf8");
const PHASES = [DETECT, RESTORE, BUILD];

for (const name of [...new Set(PHASES.flatMap(({ flags }) => flags))]) {
  test(`docs/reference/lifecycle.md: -${name}`, () => {
    const row = PAGE.split("\n").find((line) => line.startsWith(`| \`-${name}\` |`));
    const [, , variable, fallback, phases] = (row ?? "").split("|").map((cell) => cell.trim());
    const flag: Flag = FLAGS[name satisfies FlagName];
    assert.equal(variable, `\`${flag.variable}\``);
    if (flag.fallback !== undefined) assert.equal(fallback, `\`${flag.fallback}\``);
    const takers = PHASES.filter((phase) => phase.flags.includes(name)).map((phase) => phase.name);
    assert.deepEqual(
      takers.filter((phase) => !(phases ?? "").split(", ").includes(phase)),
      [],
    );
  });
}

for (const { name, program } of PHASES) {
  test(`docs/reference/lifecycle.md: ${name}`, () => assert.ok(PAGE.includes(`| \`${name}\` | \`${program}\` |`)));
}
