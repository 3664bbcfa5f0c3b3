import {
  findCutCommands,
  findLostExpansions,
  findLostSyntax,
  findSwallowedSignals,
  findUnreachableWeb,
} from "../command-findings.ts";
import {
  findDuplicateNames,
  findHyphens,
  findIgnoredProcfile,
  findImpossibleNames,
  findMarkAndContinuations,
  findMissingWeb,
  findReleaseMoments,
  findReleaseService,
  findRenamedNames,
  findUnreadableLines,
} from "../procfile-findings.ts";
import { on, type Rule } from "../rule.ts";

/** PF: the Procfile, its lines, names and commands. */
export const PF_RULES: readonly Rule[] = [
  {
    code: "PF001",
    title: "The platform cannot read a line",
    severity: on("error", "heroku", "heroku-cnb", "heroku-local", "dokku", "apppack", "paketo"),
    why: "Every platform has its own grammar. Some refuse the whole file for one line (Heroku Fir, AppPack, `heroku local`, Dokku), others pass over the line in silence (Paketo, Heroku Cedar).",
    fix: "Write `name: command`: nothing before the name, no blank before the colon and one behind it, comments with `#`.",
    check: {
      from: "files",
      find: findUnreadableLines,
      example: {
        platform: "heroku-cnb",
        files: { Procfile: "web: bin/web\nworker bin/worker\n" },
        fixed: { Procfile: "web: bin/web\nworker: bin/worker\n" },
      },
    },
  },
  {
    code: "PF002",
    title: "A name is defined twice",
    severity: on("error", "heroku", "heroku-cnb", "heroku-local", "dokku", "apppack", "paketo"),
    why: "Dokku rejects the file, `heroku local`, Fir and Paketo keep the last entry, Dokku's buildpack images the first. On Fir and AppPack names are compared after their renaming (`PF005`): `my_job` and `my-job` are one.",
    fix: "Rename or remove one of the two.",
    check: {
      from: "files",
      find: findDuplicateNames,
      example: {
        platform: "dokku",
        files: { Procfile: "web: bin/a\nweb: bin/b\n" },
        fixed: { Procfile: "web: bin/a\nadmin: bin/b\n" },
      },
    },
  },
  {
    code: "PF003",
    title: "A byte-order mark, or a line that would continue",
    severity: on("error", "heroku", "heroku-cnb", "heroku-local", "dokku", "apppack", "paketo"),
    why: "A byte-order mark becomes part of the first name, or makes the file unreadable. No platform continues a line after a backslash: the backslash stays in the command, and the next line is read by itself.",
    fix: "Save the file as UTF-8 without a mark. Move long commands into a script.",
    check: {
      from: "files",
      find: findMarkAndContinuations,
      example: {
        platform: "heroku",
        files: { Procfile: "web: bin/web \\\n  --workers 4\n" },
        fixed: { Procfile: "web: bin/web --workers 4\n" },
      },
    },
  },
  {
    code: "PF004",
    title: "The platform does not take a name",
    severity: on("error", "heroku", "heroku-cnb", "heroku-local", "dokku", "apppack", "paketo"),
    why: "Names are made of letters, digits, `_` and `-` everywhere. Heroku Fir, AppPack and Dokku take 63 characters at most; Fir and AppPack no `-` or `_` at an end, `heroku local` no `-` there.",
    fix: "Use small letters, digits, and hyphens between them.",
    check: {
      from: "files",
      find: findImpossibleNames,
      example: {
        platform: "dokku",
        files: { Procfile: "web: bin/web\njob.1: bin/job\n" },
        fixed: { Procfile: "web: bin/web\njob-1: bin/job\n" },
      },
    },
  },
  {
    code: "PF005",
    title: "A process type gets another name",
    severity: on("warning", "heroku-cnb", "apppack"),
    why: "Cloud Native Buildpacks name processes in small letters and hyphens, so Heroku's Procfile buildpack renames the others: `My_Job` becomes `my-job`. Formation, scaling and logs use the new name.",
    fix: "Use the new name yourself, in the Procfile and in app.json.",
    check: {
      from: "files",
      find: findRenamedNames,
      example: {
        platform: "heroku-cnb",
        files: { Procfile: "web: bin/web\nmail_worker: bin/mail\n" },
        fixed: { Procfile: "web: bin/web\nmail-worker: bin/mail\n" },
      },
    },
  },
  {
    code: "PF006",
    title: "`heroku local` refuses hyphens in names",
    severity: on("error", "heroku-local"),
    why: "The parser of `heroku local` takes letters, digits and `_` before the colon. A hyphen makes it refuse the whole file, though Heroku itself takes it.",
    fix: "Run the app locally with `portside dev` or another runner, or do without hyphens.",
    check: {
      from: "files",
      find: findHyphens,
      example: {
        platform: "heroku-local",
        files: { Procfile: "web: bin/web\nmail-worker: bin/mail\n" },
        fixed: { Procfile: "web: bin/web\nmailer: bin/mail\n" },
      },
    },
  },
  {
    code: "PF007",
    title: "Dokku cuts a command at what is no comment",
    severity: on("error", "dokku"),
    why: 'Dokku removes comments before it runs a command. It looks for the last blank and `#`, else for the last blank and `//`, and does not see quotes: `echo "a # b"` becomes `echo "a`. A comment that the shell would drop too does no harm.',
    fix: "Move the command into a script.",
    check: {
      from: "files",
      find: findCutCommands,
      example: {
        platform: "dokku",
        files: { Procfile: "web: bin/fetch http://x.example // all\n" },
        fixed: { Procfile: "web: bin/fetch-all\n" },
      },
    },
  },
  {
    code: "PF008",
    title: "Shell syntax where there is no shell",
    severity: on("error", "dokku", "aptible", "paketo"),
    why: "Dokku's buildpack images run `exec $(eval echo …)`: no operators, no `exec`, no `NAME=value`, and quotes around blanks are lost. Its Dockerfile and Cloud Native Buildpack builds, Aptible's images with an ENTRYPOINT, and Paketo with `BP_DIRECT_PROCESS` split the command into words and run no shell at all.",
    fix: "Move the command into a script. Where words are split, `sh -c '…'` works too; set variables with `env NAME=value`.",
    check: {
      from: "files",
      find: findLostSyntax,
      example: {
        platform: "dokku",
        files: { Procfile: "web: bin/migrate && bin/web\n" },
        fixed: { Procfile: "web: bin/start-web\n" },
      },
    },
  },
  {
    code: "PF009",
    title: "A variable does not arrive",
    severity: on("error", "dokku", "aptible", "paketo"),
    why: "Dokku expands `$NAME` and `${NAME}` itself, when it deploys, and knows no other form: `${PORT:-3000}` becomes nothing, also in quotes. That holds for every `release`, and for all commands of Dockerfile and Cloud Native Buildpack builds. Aptible's images with an ENTRYPOINT and Paketo with `BP_DIRECT_PROCESS` expand nothing.",
    fix: "Expand variables inside a script.",
    check: {
      from: "files",
      find: findLostExpansions,
      example: {
        platform: "dokku",
        files: { Procfile: "web: bin/web --port ${PORT:-3000}\n", Dockerfile: "FROM debian:12\nEXPOSE 3000\n" },
        fixed: { Procfile: "web: bin/start-web\n", Dockerfile: "FROM debian:12\nEXPOSE 3000\n" },
      },
    },
  },
  {
    code: "PF010",
    title: "The stop signal ends in a shell",
    severity: on("warning", "heroku-cnb", "dokku", "apppack", "aptible", "paketo"),
    why: "These platforms send SIGTERM to the first process of an instance. A shell that waits for its last command does not pass it on, so the program is killed after the grace time with its requests unfinished. Aptible starts commands of images without an ENTRYPOINT with `/bin/sh -c`, so there it is every command. Heroku Cedar signals all processes.",
    fix: "Put `exec` before the command that stays.",
    check: {
      from: "files",
      find: findSwallowedSignals,
      example: {
        platform: "heroku-cnb",
        files: { Procfile: "web: sh -c 'bin/migrate && bin/web'\n" },
        fixed: { Procfile: "web: sh -c 'bin/migrate && exec bin/web'\n" },
      },
    },
  },
  {
    code: "PF011",
    title: "There is no `web` process",
    severity: { ...on("warning", "heroku", "heroku-cnb"), ...on("error", "apppack") },
    why: "Heroku sends requests to `web` alone: without it they end in H14. AppPack does not deploy an app without it. Names count exactly: on Heroku Cedar `Web` is another process type.",
    fix: "Add a `web` process, or deploy workers elsewhere.",
    check: {
      from: "files",
      find: findMissingWeb,
      example: {
        platform: "apppack",
        files: { Procfile: "worker: bin/worker\n" },
        fixed: { Procfile: "web: bin/web\nworker: bin/worker\n" },
      },
    },
  },
  {
    code: "PF012",
    title: "`release` would run as a service",
    severity: on("error", "aptible"),
    why: "Aptible knows no release phase: each line of the Procfile is a service. The release command ends, and is started again for ever. Scalingo ignores the line.",
    fix: "Move the command into `before_deploy` of `.aptible.yml`.",
    check: {
      from: "files",
      find: findReleaseService,
      example: {
        platform: "aptible",
        files: { Procfile: "release: bin/migrate\nweb: bin/web\n" },
        fixed: { Procfile: "web: bin/web\n" },
      },
    },
  },
  {
    code: "PF013",
    title: "`release` runs at other moments",
    severity: on("info", "heroku", "heroku-cnb", "dokku", "apppack"),
    why: "Portside runs `release` on deploys, config changes, rollbacks and promotions. So does Heroku. Dokku runs it on deploys and config changes, and its rollback is a new build; AppPack runs it on deploys only.",
    fix: "Make the command safe to repeat, and rely on none of these moments but the deploy.",
    check: {
      from: "files",
      find: findReleaseMoments,
      example: {
        platform: "apppack",
        files: { Procfile: "release: bin/migrate\nweb: bin/web\n" },
        fixed: { Procfile: "web: bin/web\n" },
      },
    },
  },
  {
    code: "PF014",
    title: "Requests do not reach `web`",
    severity: on("warning", "heroku", "heroku-cnb", "dokku", "apppack", "aptible"),
    why: "Requests come from outside the instance, to the port in `$PORT`. A server on 127.0.0.1 is not reached, one on a fixed port is not found. Dokku takes the port of a Dockerfile from its EXPOSE. Aptible does the same and sets no `PORT`, so the variable needs a default there.",
    fix: "Listen on `0.0.0.0` and on `$PORT`; write `${PORT:-3000}` for platforms that do not set it.",
    check: {
      from: "files",
      find: findUnreachableWeb,
      example: {
        platform: "heroku",
        files: { Procfile: "web: python -m app --port 8000\n" },
        fixed: { Procfile: "web: python -m app --port $PORT\n" },
      },
    },
  },
  {
    code: "PF015",
    title: "The Procfile is not read for a Dockerfile build",
    severity: on("warning", "heroku", "apppack"),
    why: "Heroku's container builds take their process types from heroku.yml or from files `Dockerfile.NAME`. AppPack takes them from `[services]` of apppack.toml, the release command from `[deploy]`.",
    fix: "Give AppPack its `[services.NAME]`, Heroku its heroku.yml; or keep only one of Dockerfile and Procfile.",
    check: {
      from: "files",
      find: findIgnoredProcfile,
      example: {
        platform: "apppack",
        files: { Procfile: "web: bin/web\n", Dockerfile: "FROM debian:12\nEXPOSE 8080\n" },
        fixed: {
          Procfile: "web: bin/web\n",
          Dockerfile: "FROM debian:12\nEXPOSE 8080\n",
          "apppack.toml": '[build]\nsystem = "dockerfile"\n\n[services.web]\ncommand = "bin/web"\n',
        },
      },
    },
  },
];
