import type { ArgumentSpec, CommandSpec, FlagSpec } from "./command.ts";

const REFERENCE: ArgumentSpec = {
  name: "REF",
  required: true,
  summary:
    "`owner/name[@version]`, an https or git address (`#ref`), `urn:cnb:…`, `./DIR` in the source, or an absolute path",
};
const INDEX: FlagSpec = { kind: "text", short: "i", value: "NUMBER", summary: "The place in the list; the first is 1" };
const NEXT = "It counts from the next deploy on. The app must have been deployed once.";

/** Commands about buildpacks: the app's list, as on Heroku and Dokku, and what this machine has. */
export const BUILDPACK_COMMANDS: readonly CommandSpec[] = [
  {
    name: "buildpacks",
    summary: "Show the buildpacks that are set for an app",
    description: [
      "They go before app.json and project.toml; without any, those files or detection decide.",
      "What the last build used is shown by `info`.",
    ],
    arguments: [],
    flags: {},
    examples: ["buildpacks"],
    load: () => import("./commands/buildpacks.ts"),
  },
  {
    name: "buildpacks:set",
    summary: "Put a buildpack at a place of the app's list",
    description: ["Replaces what stands there; the place is the first one unless --index says otherwise.", NEXT],
    arguments: [REFERENCE],
    flags: { index: INDEX },
    examples: ["buildpacks:set heroku/nodejs", "buildpacks:set https://github.com/owner/name#v2 --index 2"],
    load: () => import("./commands/buildpacks/set.ts"),
  },
  {
    name: "buildpacks:add",
    summary: "Add a buildpack to the app's list",
    description: ["At the end, or before what stands at --index.", NEXT],
    arguments: [REFERENCE],
    flags: { index: INDEX },
    examples: ["buildpacks:add heroku/python", "buildpacks:add ./buildpacks/fonts --index 1"],
    load: () => import("./commands/buildpacks/add.ts"),
  },
  {
    name: "buildpacks:remove",
    summary: "Take a buildpack out of the app's list",
    description: ["By its reference as `buildpacks` shows it, or by --index.", NEXT],
    arguments: [{ ...REFERENCE, required: false }],
    flags: { index: INDEX },
    examples: ["buildpacks:remove heroku/python", "buildpacks:remove --index 1"],
    load: () => import("./commands/buildpacks/remove.ts"),
  },
  {
    name: "buildpacks:clear",
    summary: "Empty the app's list of buildpacks",
    description: ["From the next deploy on app.json, project.toml or detection decide."],
    arguments: [],
    flags: {},
    examples: ["buildpacks:clear"],
    load: () => import("./commands/buildpacks/clear.ts"),
  },
  {
    name: "buildpacks:installed",
    summary: "List the buildpacks that can be named by id on this machine",
    description: ["Portside's own with the other names they go by, then the installed ones."],
    arguments: [],
    flags: {},
    examples: ["buildpacks:installed", "buildpacks:installed --json"],
    load: () => import("./commands/buildpacks/installed.ts"),
  },
  {
    name: "buildpacks:install",
    summary: "Install a buildpack on this machine, for use by id",
    description: [
      "Takes a directory, an archive (.tgz, .tar.gz, .tar), a `.cnb` file, or an https or git address. A classic buildpack is wrapped. Another one of the same id and version is replaced.",
      "Apps name it by its id from then on; what was built before stays as it is.",
    ],
    arguments: [{ name: "SOURCE", required: true, summary: "A directory, a file or an address" }],
    flags: {},
    examples: ["buildpacks:install ./my-buildpack", "buildpacks:install https://example.org/hello.cnb"],
    load: () => import("./commands/buildpacks/install.ts"),
  },
  {
    name: "buildpacks:uninstall",
    summary: "Remove an installed buildpack from this machine",
    description: [
      "All of its versions unless one is named. Apps that were built with it go on; their next build fails.",
    ],
    arguments: [{ name: "ID[@VERSION]", required: true, summary: "As `buildpacks:installed` shows it" }],
    flags: {},
    examples: ["buildpacks:uninstall example/hello", "buildpacks:uninstall example/hello@1.0.0"],
    load: () => import("./commands/buildpacks/uninstall.ts"),
  },
];
