import assert from "node:assert/strict";
import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { extract } from "tar";
import { readSourceManifest } from "../contract/source-manifest.ts";
import { packSource } from "./source-upload.ts";
import { temporaryDirectory } from "./testing/fake-process.ts";

test(
  "§10 the tar holds exactly the manifest's entries: odd names, modes, links, and hard links as files",
  { timeout: 10_000 },
  async (t) => {
    const folder = temporaryDirectory(t);
    const unpacked = temporaryDirectory(t);
    mkdirSync(join(folder, "d".repeat(120), "deep"), { recursive: true });
    const CONTENTS: Readonly<Record<string, string>> = {
      Procfile: "web: x\n",
      "@scope": "not an archive",
      "-rf": "not a flag",
      "name with blank": "",
      "ünïcode 日本": "é",
      [`${"d".repeat(120)}/deep/${"f".repeat(150)}`]: "long path",
      "run.sh": "#!/bin/sh\n",
    };
    for (const [name, text] of Object.entries(CONTENTS)) writeFileSync(join(folder, name), text);
    chmodSync(join(folder, "run.sh"), 0o755);
    linkSync(join(folder, "Procfile"), join(folder, "hard"));
    symlinkSync("Procfile", join(folder, "soft"));
    writeFileSync(join(folder, ".gitignore"), "ignored\n");
    writeFileSync(join(folder, "ignored"), "no");

    const manifest = await readSourceManifest(folder);
    const chunks: Uint8Array[] = [];
    for await (const chunk of await packSource(folder, manifest)) chunks.push(chunk);
    const into = extract({ cwd: unpacked, strict: true });
    const types: string[] = [];
    into.on("entry", (entry: { type: string }) => types.push(entry.type));
    await new Promise((resolve) => into.on("close", resolve).end(Buffer.concat(chunks)));

    const again = await readSourceManifest(unpacked, undefined, { ignore: false });
    assert.deepEqual(again, manifest);
    assert.ok(
      types.every((type) => type === "File" || type === "SymbolicLink"),
      types.join(),
    );
    assert.equal(readFileSync(join(unpacked, "@scope"), "utf8"), "not an archive");
    assert.ok(manifest.entries.every(({ path }) => path !== "ignored"));
  },
);
