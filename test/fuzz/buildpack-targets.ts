import assert from "node:assert/strict";
import { parseBuildPlan } from "../../src/build/files/build-plan.ts";
import { parseBuildToml } from "../../src/build/files/build-toml.ts";
import { parseBuildpackToml } from "../../src/build/files/buildpack-toml.ts";
import { parseLaunchToml } from "../../src/build/files/launch-toml.ts";
import { parseLayerTypes, withoutTypes } from "../../src/build/files/layer-toml.ts";
import { checkStoreToml } from "../../src/build/files/store-toml.ts";
import { DocumentError, parseTable } from "../../src/build/files/toml-document.ts";
import { target, type Target } from "./target.ts";

const TOML = [
  ...[
    " ",
    "\n",
    "\r\n",
    "\0",
    "\uFEFF",
    "é",
    "\ud800",
    "#",
    "__proto__",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    ",",
  ],
  ...['"', "'", '"""', "'''", "\\", "1", "1.0", "-0", "inf", "nan", "1e400", "9007199254740993", "true", "2026-01-01"],
];

/** What a parser of one document made of a text. */
type Read = { readonly value: unknown } | { readonly error: unknown };

/**
 * A document that a buildpack writes: no text makes its parser throw anything but a DocumentError whose message begins with the
 * document's name and is fit for a terminal. `check` looks at what was read.
 */
function document<T>(spec: {
  readonly name: string;
  readonly words: readonly string[];
  readonly parse: (raw: string, name: string) => T;
  readonly check?: (raw: string, value: T) => void;
}): Target {
  return target({
    name: spec.name,
    share: 15,
    tokens: [...TOML, ...spec.words],
    parse: (raw): Read => {
      try {
        return { value: spec.parse(raw, spec.name) };
      } catch (error) {
        return { error };
      }
    },
    check: (raw, read: Read) => {
      if ("value" in read) return spec.check?.(raw, read.value as T);
      assert.ok(read.error instanceof DocumentError, String(read.error));
      assert.ok(read.error.message.startsWith(`${spec.name}: `), read.error.message);
      assert.ok(!/[\u0000-\u001f\u007f]/.test(read.error.message), JSON.stringify(read.error.message));
    },
  });
}

/** Every TOML a buildpack or its author writes. cnb.md §16. */
export const BUILDPACK_TARGETS: readonly Target[] = [
  document({
    name: "build-plan",
    words: [
      "provides",
      "requires",
      "or",
      "or.provides",
      "or.requires",
      "name",
      "version",
      "metadata",
      "requires.metadata",
    ],
    parse: parseBuildPlan,
    check: (_raw, plan) => {
      assert.ok(plan.length > 0);
      for (const { provides, requires } of plan)
        for (const name of [...provides, ...requires.map((one) => one.name)]) assert.ok(name !== "");
    },
  }),
  document({
    name: "launch-toml",
    words: [
      "processes",
      "labels",
      "slices",
      "type",
      "command",
      "args",
      "direct",
      "default",
      "working-dir",
      "key",
      "value",
      "paths",
    ],
    parse: (raw, name) => [parseLaunchToml(raw, "0.8", name), parseLaunchToml(raw, "0.10", name)] as const,
    check: (_raw, both) => {
      for (const { processes } of both) {
        assert.ok(processes.filter((one) => one.default).length <= 1);
        for (const { type, command } of processes) assert.ok(/^[\w.-]+$/.test(type) && command.length > 0);
      }
    },
  }),
  document({ name: "build-toml", words: ["unmet", "name"], parse: parseBuildToml }),
  document({
    name: "layer-toml",
    words: ["types", "launch", "build", "cache", "metadata", "metadata.types", "types.launch"],
    parse: (raw, name) => ({ types: parseLayerTypes(raw, name), restored: withoutTypes(raw, name) }),
    check: (raw, { restored }) => {
      const { types: _, ...wanted } = parseTable(raw, "l");
      assert.deepEqual(parseTable(restored, "l"), wanted);
    },
  }),
  document({ name: "store-toml", words: ["metadata", "metadata.deep"], parse: checkStoreToml }),
  document({
    name: "buildpack-toml",
    words: [
      "api",
      "buildpack",
      "id",
      "version",
      "targets",
      "stacks",
      "order",
      "order.group",
      "optional",
      "distros",
      "sbom-formats",
      "os",
      "arch",
    ],
    parse: parseBuildpackToml,
    check: (_raw, { id, version }) => {
      for (const part of [...id.split("/"), version]) assert.ok(!["", ".", ".."].includes(part), `${id} ${version}`);
    },
  }),
];
