import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { parseAppJson } from "../app-json.ts";
import { parseAptibleYml } from "../aptible-yml.ts";
import { parseDotenv } from "../dotenv.ts";
import { parseIgnoreFile } from "../ignore-file.ts";
import { parseProcfile } from "../procfile.ts";
import { parseProjectToml } from "../project-toml.ts";
import { EXAMPLES, findExample } from "./examples.ts";

const PARSERS: Readonly<Record<string, (text: string) => { value: unknown; diagnostics: readonly Diagnostic[] }>> = {
  Procfile: (text) => parseProcfile(text),
  "app.json": (text) => parseAppJson(text),
  "project.toml": (text) => parseProjectToml(text),
  ".env": (text) => parseDotenv(text),
  ".aptible.yml": (text) => parseAptibleYml(text),
  ".portsideignore": (text) => ({ value: parseIgnoreFile(text), diagnostics: [] }),
};

for (const { key, file, text, about } of EXAMPLES) {
  test(`the example of ${key} is valid`, () => {
    const parsed = PARSERS[file]?.(text);
    assert.deepEqual(parsed?.diagnostics, []);
    assert.ok(JSON.stringify(parsed?.value).length > 10);
    assert.ok(text.endsWith("\n") && about.endsWith(".") && !about.includes("undefined"));
  });
}

test("the examples say what their comments say", () => {
  const value = (key: string): unknown => PARSERS[findExample(key)?.file ?? ""]?.(findExample(key)?.text ?? "").value;
  assert.partialDeepStrictEqual(value("procfile"), [{ name: "web", line: 2 }, { name: "worker" }, { name: "release" }]);
  assert.partialDeepStrictEqual(value(".env"), [
    { name: "NODE_ENV", value: "development" },
    { name: "DATABASE_URL", value: "postgres://localhost/shop" },
    { name: "COLOR", value: "#336699" },
    { name: "GREETING", value: "Hello\nand welcome" },
    { name: "PATTERN", value: '^\\w+ "quoted"$' },
    { name: "PUBLIC_KEY" },
    { name: "PORT", value: "5000" },
  ]);
  assert.partialDeepStrictEqual(value(".aptible.yml"), {
    before_deploy: ["bin/migrate", "bin/warm-cache --all"],
    after_deploy_success: ['bin/notify "deployed: $SOURCE_VERSION"'],
  });
  assert.partialDeepStrictEqual(value("project.toml"), { schemaVersion: "0.2", exclude: ["docs/", "*.log"] });
});

test("every file and every key of app.json is found, each by one example", () => {
  const keys = EXAMPLES.flatMap((example) => [example.key, ...(example.covers ?? [])]);
  assert.equal(new Set(keys.map((key) => key.toLowerCase())).size, keys.length);
  for (const key of Object.keys(
    parseAppJson(EXAMPLES.filter((one) => one.file === "app.json").map((one) => one.text)[0] ?? "").value,
  ))
    assert.equal(findExample(`APP.json ${key}`)?.file, "app.json", key);
  assert.equal(findExample(".slugignore")?.key, ".portsideignore");
  assert.equal(findExample("app.json constructor"), undefined);
});
