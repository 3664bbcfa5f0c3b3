import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatDocument } from "../files/toml-document.ts";
import type { InlineScript } from "./requested-buildpacks.ts";
import { invalid } from "./reference.ts";

const SHELL = /^\/[A-Za-z0-9._/+-]+(?: [A-Za-z0-9._+-]+)?$/;

/**
 * Writes a script of project.toml as a buildpack of version 0.0.0 whose detect passes. The text is the whole `bin/build`,
 * run by `shell`. Throws E_BUILDPACK_INVALID. cnb.md §11.
 */
export function writeInlineBuildpack(script: InlineScript, directory: string): void {
  if (!SHELL.test(script.shell))
    throw invalid(
      script.id,
      "its `shell` is no absolute path of a program",
      'Write for example `shell = "/bin/bash"`.',
    );
  const { id, version, api } = script;
  const bin = join(directory, "bin");
  mkdirSync(bin, { recursive: true });
  const toml = {
    api,
    buildpack: { id, version, name: id },
    targets: [{ os: "linux" }, { os: "darwin" }],
    stacks: [{ id: "*" }],
  };
  writeFileSync(join(directory, "buildpack.toml"), formatDocument(toml));
  writeFileSync(join(bin, "detect"), "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  writeFileSync(join(bin, "build"), `#!${script.shell}\n${script.text}\n`, { mode: 0o755 });
}
