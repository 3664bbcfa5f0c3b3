import type { AppSource } from "../app-source.ts";
import type { Spot } from "../finding.ts";
import { on, type Rule } from "../rule.ts";

const PROCFILE = "web: bin/web\n";

/** FS: files whose presence alone matters. */
export const FS_RULES: readonly Rule[] = [
  {
    code: "FS001",
    title: "apppack.toml and app.json say things side by side",
    severity: on("info", "apppack"),
    why: "AppPack reads both. Its documentation lets apppack.toml win, but `buildpacks` and a missing test command still come from app.json.",
    fix: "Keep what AppPack needs in apppack.toml alone, and look twice at keys that stand in both.",
    check: {
      from: "files",
      find: (app) =>
        app.files.has("app.json")
          ? presence(app, "apppack.toml", {
              message: "AppPack reads apppack.toml and app.json; which one counts differs by key.",
              hint: "Keep one of the two for each of `buildpacks`, `test`, `release` and the review app's scripts.",
            })
          : [],
      example: {
        platform: "apppack",
        files: {
          Procfile: PROCFILE,
          "app.json": '{"name": "shop"}\n',
          "apppack.toml": '[test]\ncommand = "bin/test"\n',
        },
        fixed: { Procfile: PROCFILE, "apppack.toml": '[test]\ncommand = "bin/test"\n' },
      },
    },
  },
  {
    code: "FS002",
    title: "An image deploy does not read .aptible.yml from the source",
    severity: on("info", "aptible"),
    why: "Aptible reads `.aptible.yml` from the source root of a git deploy. Without a Dockerfile the app is deployed as an image, and then it is read from `/.aptible/` inside the image.",
    fix: "Copy the file to `/.aptible/.aptible.yml` when the image is built.",
    check: {
      from: "files",
      find: (app) =>
        app.files.has("Dockerfile")
          ? []
          : presence(app, ".aptible.yml", {
              message: "An image deploy reads `.aptible.yml` from `/.aptible/` in the image, not from here.",
              hint: "Copy it to `/.aptible/.aptible.yml` in the image.",
            }),
      example: {
        platform: "aptible",
        files: { Procfile: PROCFILE, ".aptible.yml": "before_deploy:\n  - bin/migrate\n" },
        fixed: {
          Procfile: "web: exec bin/web\n",
          ".aptible.yml": "before_deploy:\n  - bin/migrate\n",
          Dockerfile: "FROM debian:12\nCOPY . /app\nEXPOSE 3000\n",
        },
      },
    },
  },
  {
    code: "FS003",
    title: "Cedar does not use project.toml",
    severity: on("info", "heroku"),
    why: "project.toml is for Cloud Native Buildpacks. Heroku Fir reads it; Cedar's classic buildpacks do not.",
    fix: "Repeat the buildpacks in app.json, and set its build variables as config variables.",
    check: {
      from: "files",
      find: (app) =>
        presence(app, "project.toml", {
          message: "Heroku's Cedar generation does not read project.toml; Fir does.",
          hint: "Repeat its buildpacks in app.json, and set its variables as config variables.",
        }),
      example: {
        platform: "heroku",
        files: { Procfile: PROCFILE, "project.toml": '[_]\nschema-version = "0.2"\n' },
        fixed: { Procfile: PROCFILE },
      },
    },
  },
  {
    code: "FS004",
    title: "heroku.yml takes the Procfile's place",
    severity: on("warning", "heroku"),
    why: "An app with a heroku.yml is built from Dockerfiles on Heroku. Its process types come from `build.docker` and `run` there, and the Procfile is not read.",
    fix: "Keep both files alike, or remove the one that is not used.",
    check: {
      from: "files",
      find: (app) =>
        app.files.has("Procfile")
          ? presence(app, "heroku.yml", {
              message: "Heroku takes the process types from heroku.yml and does not read the Procfile.",
              hint: "Keep both alike, or remove the one that is not used.",
            })
          : [],
      example: {
        platform: "heroku",
        files: { Procfile: PROCFILE, "heroku.yml": "build:\n  docker:\n    web: Dockerfile\n" },
        fixed: { Procfile: PROCFILE },
      },
    },
  },
];

function presence(
  app: AppSource,
  file: string,
  words: { readonly message: string; readonly hint: string },
): readonly Spot[] {
  return app.files.has(file) ? [{ file, line: 1, column: 1, ...words }] : [];
}
