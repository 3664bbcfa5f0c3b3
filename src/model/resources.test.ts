import assert from "node:assert/strict";
import { test } from "node:test";
import { declaredResources, formatResources, memoryBytesOf, type Resources } from "./resources.ts";

const MIB = 1024 * 1024;

test("§5 D25 memory: units K M G are decimal, Ki Mi Gi binary", () => {
  const cases: [string, number | undefined][] = [
    ["512M", 512_000_000],
    ["512Mi", 512 * MIB],
    ["1G", 1_000_000_000],
    ["2Gi", 2048 * MIB],
    ["64K", 64_000],
    ["64Ki", 65_536],
    ["512", undefined],
    ["12MB", undefined],
  ];
  for (const [text, bytes] of cases) assert.equal(memoryBytesOf(text), bytes, text);
});

test("§5 sizes and resources: a known size is its limit, `resources` says more, an unknown size says nothing", () => {
  const cases: [Parameters<typeof declaredResources>[0], Resources, string][] = [
    [{}, {}, ""],
    [{ size: "Standard-1X" }, { memoryBytes: 512 * MIB }, "512 MiB"],
    [{ size: "standard-2x", resources: { cpu: 0.5 } }, { memoryBytes: 1024 * MIB, cpu: 0.5 }, "0.5 cpu, 1 GiB"],
    [{ size: "eco", resources: { memory: "64Mi" } }, { memoryBytes: 64 * MIB }, "64 MiB"],
    [{ size: "shared-s" }, {}, ""],
    [{ size: "constructor" }, {}, ""],
  ];
  for (const [declared, expected, text] of cases) {
    assert.deepEqual(declaredResources(declared), expected);
    assert.equal(formatResources(expected), text);
  }
});
