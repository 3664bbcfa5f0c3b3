import type { Example } from "./example.ts";

/** project.toml. cnb.md §11. */
export const PROJECT_TOML_EXAMPLE: Example = {
  key: "project.toml",
  title: "project.toml: how buildpacks build the app",
  file: "project.toml",
  page: "project-toml.md",
  about: `The project descriptor of Cloud Native Buildpacks, schema 0.2; 0.1 and 0.3 are read too. A file without \`schema-version\` is read as 0.1,
with a warning. Settings of the app and \`buildpacks\` of app.json win over what stands here. Tables of other names (\`[com.example]\`) are left to their owners.`,
  text: `[_]
schema-version = "0.2"
id = "org.example.shop"          # for people and tools; not used in the build
licenses = [{ type = "MIT" }]

[io.buildpacks]
builder = "heroku/builder:24"
exclude = ["docs/", "*.log"]     # or include, not both; patterns as in .gitignore

# Buildpacks in the order they run: an id with or without a version, a uri, or an inline script.
[[io.buildpacks.group]]
id = "portside/nodejs"

[[io.buildpacks.group]]
id = "local/hello"
[io.buildpacks.group.script]
api = "0.10"
inline = "echo hello"            # run by /bin/sh, or by what shell = "…" names

# Variables of the build.
[[io.buildpacks.build.env]]
name = "NODE_ENV"
value = "production"
`,
};
