import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { readAppContract } from "./app-contract.ts";

function makeDirectory(t: TestContext, files: Readonly<Record<string, string | Buffer>>): string {
  const root = mkdtempSync(join(tmpdir(), "portside-contract-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content);
  return root;
}

async function findings(directory: string): Promise<string[]> {
  const { diagnostics } = await readAppContract(directory);
  return diagnostics.map((d) => `${d.file}:${d.line}:${d.column} ${d.code} ${d.message}`);
}

test("§1 no file is required", async (t) => {
  const expected = { value: { procfile: [], hasProcfile: false, appJson: {} }, diagnostics: [] };
  assert.deepEqual(await readAppContract(makeDirectory(t, {})), expected);
});

test("§1 both files are read, and all findings are given, the Procfile's first", async (t) => {
  const root = makeDirectory(t, {
    Procfile: "web: a\n// b\n",
    "app.json": '{"name": 5, "formation": {"x": {"quantity": 1}}}',
  });
  const { value, diagnostics } = await readAppContract(root);
  assert.deepEqual(value, {
    procfile: [{ name: "web", command: "a", line: 1 }],
    hasProcfile: true,
    appJson: { formation: {} },
  });
  assert.deepEqual(
    diagnostics.map((d) => d.code),
    ["PROC_SLASH_COMMENT", "APP_TYPE", "APP_FORMATION_UNKNOWN_TYPE"],
  );
});

test("§5 types are unknown without a Procfile, or with one that has errors", async (t) => {
  const appJson = '{"formation": {"x": {"quantity": 1}}}';
  assert.deepEqual(await findings(makeDirectory(t, { "app.json": appJson })), []);
  assert.equal((await findings(makeDirectory(t, { "app.json": appJson, Procfile: "x a\n" }))).length, 1);
  assert.equal((await findings(makeDirectory(t, { "app.json": appJson, Procfile: "" }))).length, 2);
});

test("§1 a file that is no text file is a finding", async (t) => {
  const folders = makeDirectory(t, {});
  mkdirSync(join(folders, "Procfile"));
  symlinkSync("nothing", join(folders, "app.json"));
  assert.deepEqual(await findings(folders), [
    "Procfile:1:1 PROC_INVALID_LINE `Procfile` is a folder, but must be a file.",
    "app.json:1:1 APP_SYNTAX `app.json` is a link to nothing.",
  ]);
  assert.equal((await readAppContract(folders)).value.hasProcfile, true);
  const bytes = makeDirectory(t, {
    Procfile: Buffer.from("web: a\nworker: \xff\n", "latin1"),
    "app.json": " ".repeat(1_048_577),
  });
  assert.deepEqual(await findings(bytes), [
    "Procfile:2:1 PROC_INVALID_LINE `Procfile` is not UTF-8 text.",
    "app.json:1:1 APP_SYNTAX `app.json` is larger than 1 MiB.",
  ]);
  const device = makeDirectory(t, {});
  symlinkSync("/dev/zero", join(device, "Procfile"));
  symlinkSync("app.json", join(device, "app.json"));
  assert.deepEqual(await findings(device), [
    "Procfile:1:1 PROC_INVALID_LINE `Procfile` is no regular file.",
    "app.json:1:1 APP_SYNTAX `app.json` cannot be read (ELOOP).",
  ]);
});

test("§1 all four files are read, findings in the order of the files", async (t) => {
  const root = makeDirectory(t, {
    ".aptible.yml": "before_deploy: [bin/migrate]\nbefore: []\n",
    "project.toml": '[io.buildpacks]\nbuilder = "b"\n',
    "app.json": '{"nam": "x"}',
    Procfile: "# empty\n",
  });
  assert.deepEqual(
    (await findings(root)).map((finding) => finding.split(" ", 2).join(" ")),
    [
      "Procfile:1:1 PROC_EMPTY",
      "app.json:1:2 APP_UNKNOWN_KEY",
      "project.toml:1:1 PROJ_VERSION_MISSING",
      ".aptible.yml:2:1 APT_UNKNOWN_KEY",
    ],
  );
  const { value } = await readAppContract(root);
  assert.deepEqual(value.projectToml, { schemaVersion: "0.1", project: {}, builder: "b", env: [] });
  assert.deepEqual(value.aptible, { before_deploy: ["bin/migrate"] });
});

test("§1 a project.toml or .aptible.yml that is no text file is a finding, and gives no value", async (t) => {
  const root = makeDirectory(t, { ".aptible.yml": Buffer.from([0xff]) });
  mkdirSync(join(root, "project.toml"));
  assert.deepEqual(await findings(root), [
    "project.toml:1:1 PROJ_SYNTAX `project.toml` is a folder, but must be a file.",
    ".aptible.yml:1:1 APT_SYNTAX `.aptible.yml` is not UTF-8 text.",
  ]);
  assert.deepEqual(Object.keys((await readAppContract(root)).value), ["procfile", "hasProcfile", "appJson"]);
});
