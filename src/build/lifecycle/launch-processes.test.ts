import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DeclaredProcess } from "../files/launch-toml.ts";
import { mergeProcesses } from "./launch-processes.ts";

/** `web!` is the default. */
const declare = (buildpackId: string, ...types: string[]): { buildpackId: string; processes: DeclaredProcess[] } => ({
  buildpackId,
  processes: types.map((type) => ({
    type: type.replace("!", ""),
    command: [buildpackId],
    args: [],
    direct: true,
    default: type.endsWith("!"),
  })),
});

describe("processes of all buildpacks together (cnb.md §5.2)", () => {
  type Case = readonly [name: string, declared: ReturnType<typeof declare>[], expected: string, warnings: number];
  const CASES: readonly Case[] = [
    ["`web` is not the default by itself", [declare("a", "web", "worker")], "web=a worker=a", 0],
    [
      "a later one of the same type replaces, in its place",
      [declare("a", "web", "x"), declare("b", "web")],
      "web=b x=a",
      0,
    ],
    ["the last default wins", [declare("a", "web!"), declare("b", "api!")], "web=a api=b!", 0],
    ["declared again as the default", [declare("a", "web!"), declare("b", "web!")], "web=b!", 0],
    ["declared again without: no default, a warning", [declare("a", "web!"), declare("b", "web")], "web=b", 1],
    [
      "declared again without, another one becomes it",
      [declare("a", "web!"), declare("b", "web", "api!")],
      "web=b api=b!",
      0,
    ],
    ["nothing", [declare("a")], "", 0],
  ];
  for (const [name, declared, expected, warnings] of CASES) {
    test(name, () => {
      const merged = mergeProcesses(declared);
      const shown = merged.processes.map((one) => `${one.type}=${one.buildpackId}${one.default ? "!" : ""}`);
      assert.deepEqual([shown.join(" "), merged.warnings.length], [expected, warnings]);
    });
  }
});
