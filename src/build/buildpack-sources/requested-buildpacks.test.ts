import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProjectToml } from "../../contract/project-toml.ts";
import type { AppJson, ProjectToml } from "../../model/app-contract.ts";
import { requestedBuildpacks, type NamedBuildpacks } from "./requested-buildpacks.ts";

const APP_JSON: AppJson = { buildpacks: [{ url: "j/one" }, { url: "j/two" }] };
const toml = (text: string): ProjectToml => parseProjectToml(`[_]\nschema-version = "0.2"\n${text}`).value;
const GROUP = toml('[[io.buildpacks.group]]\nid = "p/one"\nversion = "1.0.0"\n[[io.buildpacks.group]]\nuri = "./bp"\n');
const AROUND = toml('[[io.buildpacks.pre.group]]\nid = "p/pre"\n[[io.buildpacks.post.group]]\nid = "p/post"\n');

function shown(
  contract: { readonly appJson?: AppJson; readonly projectToml?: ProjectToml },
  named: Partial<NamedBuildpacks> = {},
): string {
  const found = requestedBuildpacks({ appJson: {}, ...contract }, { override: [], setting: [], ...named });
  const list = (key: "group" | "pre" | "post"): string => found[key]?.map(({ text }) => text).join(" ") ?? "-";
  return `${found.origin}: ${list("group")} | ${list("pre")} | ${list("post")}`;
}

test("contract §3: one deploy's --buildpack > app setting > app.json > project.toml > detection", () => {
  const all = { appJson: APP_JSON, projectToml: GROUP };
  assert.equal(shown(all, { override: ["o/x"], setting: ["s/x"] }), "--buildpack: o/x |  | ");
  assert.equal(shown(all, { setting: ["s/x", "s/y"] }), "the app's setting: s/x s/y |  | ");
  assert.equal(shown(all), "app.json: j/one j/two |  | ");
  assert.equal(shown({ projectToml: GROUP }), "project.toml: p/one@1.0.0 ./bp |  | ");
  assert.equal(shown({}), "detection: - |  | ");
});

test("cnb.md §11: pre and post count only where nothing names a group", () => {
  assert.equal(shown({ projectToml: AROUND }), "detection: - | p/pre | p/post");
  assert.equal(shown({ projectToml: AROUND, appJson: APP_JSON }), "app.json: j/one j/two |  | ");
});

test("cnb.md §11: an inline script is a buildpack of version 0.0.0", () => {
  const projectToml = toml(
    '[[io.buildpacks.group]]\nid = "l/hello"\n[io.buildpacks.group.script]\napi = "0.10"\ninline = "echo hi"\n',
  );
  const [one] = requestedBuildpacks({ appJson: {}, projectToml }, { override: [], setting: [] }).group ?? [];
  const reference = { kind: "inline", id: "l/hello", version: "0.0.0", api: "0.10", shell: "/bin/sh", text: "echo hi" };
  assert.deepEqual(one, { text: "l/hello", isTrusted: false, reference });
});

test("only what somebody with a right on the app typed may name an absolute path", () => {
  const trust = (contract: Parameters<typeof requestedBuildpacks>[0], named: Partial<NamedBuildpacks>): boolean[] =>
    requestedBuildpacks(contract, { override: [], setting: [], ...named }).group?.map((one) => one.isTrusted) ?? [];
  assert.deepEqual(trust({ appJson: {} }, { override: ["/a"] }), [true]);
  assert.deepEqual(trust({ appJson: {} }, { setting: ["/a"] }), [true]);
  assert.deepEqual(trust({ appJson: { buildpacks: [{ url: "./a" }] } }, {}), [false]);
  assert.deepEqual(trust({ appJson: {}, projectToml: GROUP }, {}), [false, false]);
});

test("an address as an id is refused with the right key", () => {
  const projectToml = toml('[[io.buildpacks.group]]\nid = "https://example.org/a.tgz"\n');
  assert.throws(() => shown({ projectToml }), { code: "E_BUILDPACK_INVALID", hint: /`uri`/ });
});
