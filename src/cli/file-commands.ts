import type { ArgumentSpec, CommandSpec } from "./command.ts";

const JSON_NOTE =
  "Prints one JSON document and ends with 0 whenever the input could be read, with findings too; 2: it could not be read. For tools and tests.";

function fileArgument(what: string): ArgumentSpec {
  return { name: "FILE", required: true, summary: `${what}; \`-\` reads standard input` };
}

/** The commands that look at an app's files and nothing else: no server, no home. In the order help shows them. */
export const FILE_COMMANDS: readonly CommandSpec[] = [
  {
    name: "check",
    summary: "Check an app's files, and what other platforms would do with them",
    description: [
      "Reads Procfile, app.json, project.toml, .aptible.yml and .env of the folder, those that are there, and shows every problem with its place. Lines of .env are never shown.",
      "With --for it also says what would break, differ or be good to know on other platforms: heroku (Cedar), heroku-cnb (Fir), heroku-local, dokku, apppack, aptible, paketo.",
      "--fix puts right what can only be meant in one way: byte-order marks, CRLF and `//` comments in a Procfile; comments, trailing commas and values of a wrong type in app.json. It shows the difference, writes the files, and checks them again.",
      "Exit status 0: no error. 1: errors, or warnings with --strict. 2: a file cannot be read, or the command was typed wrongly.",
    ],
    arguments: [{ name: "DIR", required: false, summary: "The app's folder; default: the current one" }],
    flags: {
      for: { kind: "text", value: "PLATFORM", summary: "Platforms to compare with, separated by commas, or `all`" },
      strict: { kind: "switch", summary: "Warnings count as errors for the exit status" },
      fix: { kind: "switch", summary: "Put right what is certain, then check" },
      "dry-run": { kind: "switch", summary: "With --fix: show the difference, write nothing" },
      github: { kind: "switch", summary: "Print GitHub workflow commands, which annotate the lines" },
      sarif: { kind: "switch", summary: "Print a SARIF 2.1.0 log" },
    },
    examples: ["check", "check --for heroku,dokku", "check services/shop --for all --json", "check --fix --dry-run"],
    offline: true,
    load: () => import("./commands/check.ts"),
  },
  {
    name: "inspect:procfile",
    summary: "Show how a Procfile is read, as JSON",
    description: [
      JSON_NOTE,
      "With --dialect as another platform's parser reads it: heroku-classic, heroku-cnb, heroku-local, node-foreman, dokku, dokku-strict, paketo, herokuish, foreman, honcho, overmind. `error` is true where it refuses the file, and `reason` says why.",
    ],
    arguments: [fileArgument("A Procfile")],
    flags: { dialect: { kind: "text", value: "NAME", summary: "The parser to read it with" } },
    examples: ["inspect procfile Procfile", "inspect procfile - --dialect dokku"],
    offline: true,
    load: () => import("./commands/inspect/procfile.ts"),
  },
  {
    name: "inspect:app-json",
    summary: "Show how an app.json is read, as JSON",
    description: [JSON_NOTE, "Short forms are opened and defaults filled in."],
    arguments: [fileArgument("An app.json")],
    flags: {
      procfile: { kind: "text", value: "FILE", summary: "The Procfile beside it; without it any process type will do" },
      environment: { kind: "text", value: "NAME", summary: "Show the value for this environment" },
    },
    examples: ["inspect app-json app.json --procfile Procfile --environment review"],
    offline: true,
    load: () => import("./commands/inspect/app-json.ts"),
  },
  {
    name: "inspect:dotenv",
    summary: "Show how a .env file is read, as JSON, values included",
    description: [JSON_NOTE],
    arguments: [fileArgument("A .env file")],
    flags: {},
    examples: ["inspect dotenv .env"],
    offline: true,
    load: () => import("./commands/inspect/dotenv.ts"),
  },
  {
    name: "inspect:cron",
    summary: "Show whether a schedule is valid and when it runs next, as JSON",
    description: [JSON_NOTE],
    arguments: [{ name: "EXPR", required: true, summary: "Five fields in quotes, or a word such as `@daily`" }],
    flags: {
      timezone: { kind: "text", value: "NAME", summary: "The schedule's time zone; default UTC" },
      from: { kind: "text", value: "INSTANT", summary: "Runs strictly after this instant; default now" },
      count: { kind: "text", value: "NUMBER", summary: "How many runs, at most 1000; default 3" },
    },
    examples: ['inspect cron "0 3 * * MON-FRI" --timezone Europe/Paris --from 2026-01-01T00:00:00Z'],
    offline: true,
    load: () => import("./commands/inspect/cron.ts"),
  },
  {
    name: "inspect:project-toml",
    summary: "Show how a project.toml is read, as JSON",
    description: [JSON_NOTE],
    arguments: [fileArgument("A project.toml")],
    flags: {},
    examples: ["inspect project-toml project.toml"],
    offline: true,
    load: () => import("./commands/inspect/project-toml.ts"),
  },
  {
    name: "inspect:command",
    summary: "Show how a command line would be run in each mode, as JSON",
    description: [
      "`shell`: by a shell; `entrypoint`: behind the image's ENTRYPOINT; `direct`: without a shell. Each has the argument list, or why there is none. Nothing is run.",
    ],
    arguments: [{ name: "LINE", required: true, summary: "The command as the Procfile has it, in quotes" }],
    flags: {},
    examples: ["inspect command 'node server.js --port ${PORT:-3000}'"],
    offline: true,
    load: () => import("./commands/inspect/command.ts"),
  },
  {
    name: "docs",
    summary: "Show an annotated example of a file or of a key in it",
    description: ["Without a key it lists them. A key of app.json may stand alone: `portside docs formation`."],
    arguments: [{ name: "KEY", required: false, many: true, summary: "As in `app.json formation` or `Procfile`" }],
    flags: {},
    examples: ["docs", "docs app.json formation", "docs Procfile"],
    offline: true,
    load: () => import("./commands/docs.ts"),
  },
];
