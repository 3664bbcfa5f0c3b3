import {
  findCommandRunTwice,
  findHiddenByReview,
  findOddKeys,
  findPartialFormation,
  findUnknownTypes,
} from "../app-json-compared.ts";
import {
  findCron,
  findDokkuScripts,
  findEnvironmentObjects,
  findForeignStacks,
  findIgnoredTestAddons,
  findLooseJson,
  findMissingValues,
  findObjectScripts,
  findReservedNames,
  findReviewOnlyScript,
  findUnprovisionedAddons,
} from "../app-json-findings.ts";
import { findRefusedShapes } from "../app-json-shapes.ts";
import { on, type Rule } from "../rule.ts";

/** AJ: app.json, its shapes and what becomes of them. */
export const AJ_RULES: readonly Rule[] = [
  {
    code: "AJ001",
    title: "app.json is no strict JSON",
    severity: on("error", "heroku", "heroku-cnb", "dokku", "apppack"),
    why: "Heroku and AppPack read strict JSON: no comments, no trailing commas, no byte-order mark, and no empty file. Dokku takes all of these, but no broken JSON.",
    fix: "Remove the comments and trailing commas.",
    check: {
      from: "files",
      find: findLooseJson,
      example: {
        platform: "apppack",
        files: { Procfile: "web: bin/web\n", "app.json": '{\n  // the name\n  "name": "shop"\n}\n' },
        fixed: { Procfile: "web: bin/web\n", "app.json": '{\n  "name": "shop"\n}\n' },
      },
    },
  },
  {
    code: "AJ002",
    title: "AppPack does not build with `scripts.dokku`",
    severity: on("error", "apppack"),
    why: "AppPack reads every value of `scripts` as text. Dokku's hooks are an object there, so the file does not parse and the build fails.",
    fix: "Move the work into `release` of the Procfile, or into a script that the build runs.",
    check: {
      from: "files",
      find: findDokkuScripts,
      example: {
        platform: "apppack",
        files: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "scripts": {\n    "dokku": {"predeploy": "bin/assets"}\n  }\n}\n',
        },
        fixed: { Procfile: "web: bin/web\n", "app.json": '{\n  "scripts": {}\n}\n' },
      },
    },
  },
  {
    code: "AJ003",
    title: "A script is an object where text is needed",
    severity: on("error", "dokku", "apppack"),
    why: 'Heroku takes `{"command": …, "size": …}` for a script. Dokku reads `postdeploy` and its own hooks as text, AppPack every script.',
    fix: "Give the command as text.",
    check: {
      from: "files",
      find: findObjectScripts,
      example: {
        platform: "dokku",
        files: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "scripts": {\n    "postdeploy": {"command": "bin/seed"}\n  }\n}\n',
        },
        fixed: { Procfile: "web: bin/web\n", "app.json": '{\n  "scripts": {\n    "postdeploy": "bin/seed"\n  }\n}\n' },
      },
    },
  },
  {
    code: "AJ004",
    title: "AppPack fails on objects in environments",
    severity: on("error", "apppack"),
    why: "AppPack reads `environments.NAME.env` and `.addons` as lists of texts. An object, as Heroku allows it, makes the whole file unreadable.",
    fix: "Give values and add-ons as text.",
    check: {
      from: "files",
      find: findEnvironmentObjects,
      example: {
        platform: "apppack",
        files: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "environments": {\n    "test": {"env": {"LEVEL": {"value": "debug"}}}\n  }\n}\n',
        },
        fixed: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "environments": {\n    "test": {"env": {"LEVEL": "debug"}}\n  }\n}\n',
        },
      },
    },
  },
  {
    code: "AJ005",
    title: "A value has a shape that the platform refuses",
    severity: on("error", "heroku", "heroku-cnb", "dokku", "apppack"),
    why: "Heroku's schema and Dokku's parser want text for values, `true` or `false` for `required`, a whole number for `quantity`, and an object for `formation` and its entries. Buildpacks are objects with `url` everywhere they are read. Dokku wants an object for `service` and a list for `triggers`.",
    fix: "Change the value as the hint says.",
    check: {
      from: "files",
      find: findRefusedShapes,
      example: {
        platform: "dokku",
        files: { Procfile: "web: bin/web\n", "app.json": '{\n  "env": {\n    "WORKERS": 4\n  }\n}\n' },
        fixed: { Procfile: "web: bin/web\n", "app.json": '{\n  "env": {\n    "WORKERS": "4"\n  }\n}\n' },
      },
    },
  },
  {
    code: "AJ006",
    title: "A variable's name is reserved, or is none",
    severity: on("error", "heroku", "heroku-cnb", "dokku"),
    why: "Heroku keeps `HEROKU_…` and `__…` for itself, Dokku `DOKKU_…`. Names are letters, digits and `_`, and do not start with a digit.",
    fix: "Choose another name.",
    check: {
      from: "files",
      find: findReservedNames,
      example: {
        platform: "heroku",
        files: { Procfile: "web: bin/web\n", "app.json": '{\n  "env": {\n    "HEROKU_REGION": "eu"\n  }\n}\n' },
        fixed: { Procfile: "web: bin/web\n", "app.json": '{\n  "env": {\n    "APP_REGION": "eu"\n  }\n}\n' },
      },
    },
  },
  {
    code: "AJ007",
    title: "A required variable has no value",
    severity: on("warning", "heroku", "heroku-cnb", "dokku"),
    why: "Variables are required unless they say otherwise. Without a value or a generator the setup fails at Heroku; Dokku asks on a terminal, and fails without one. Dokku takes an empty value for none.",
    fix: 'Set the variable before the first deploy, or give it a value, `"generator": "secret"` or `"required": false`.',
    check: {
      from: "files",
      find: findMissingValues,
      example: {
        platform: "heroku",
        files: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "env": {\n    "API_KEY": {"description": "from the console"}\n  }\n}\n',
        },
        fixed: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "env": {\n    "API_KEY": {"description": "from the console", "required": false}\n  }\n}\n',
        },
      },
    },
  },
  {
    code: "AJ008",
    title: "A formation leaves out process types",
    severity: on("error", "dokku", "apppack", "aptible"),
    why: "Dokku sets every type that a formation with a `quantity` does not list to 0, `web` too. AppPack and Aptible do not apply a formation at all: they start one of each type.",
    fix: "List every process type of the Procfile; scale by hand where the formation is not read.",
    check: {
      from: "files",
      find: findPartialFormation,
      example: {
        platform: "dokku",
        files: {
          Procfile: "web: bin/web\nworker: bin/worker\n",
          "app.json": '{\n  "formation": {\n    "worker": {"quantity": 2}\n  }\n}\n',
        },
        fixed: {
          Procfile: "web: bin/web\nworker: bin/worker\n",
          "app.json": '{\n  "formation": {\n    "web": {"quantity": 1},\n    "worker": {"quantity": 2}\n  }\n}\n',
        },
      },
    },
  },
  {
    code: "AJ009",
    title: "A formation names no process type",
    severity: on("warning", "heroku", "heroku-cnb", "dokku"),
    why: "A number for a type that does not exist is lost at Heroku, and makes the deploy fail at Dokku. On Fir the Procfile's names are the renamed ones (`PF005`).",
    fix: "Write the name that stands in the Procfile.",
    check: {
      from: "files",
      find: findUnknownTypes,
      example: {
        platform: "dokku",
        files: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "formation": {\n    "web": {"quantity": 1},\n    "clock": {"quantity": 1}\n  }\n}\n',
        },
        fixed: { Procfile: "web: bin/web\n", "app.json": '{\n  "formation": {\n    "web": {"quantity": 1}\n  }\n}\n' },
      },
    },
  },
  {
    code: "AJ010",
    title: "app.json changed since the app was made",
    severity: on("warning", "heroku", "heroku-cnb"),
    why: "Heroku reads app.json when an app is created, and never again. Later changes of `env`, `formation` and `buildpacks` do nothing there.",
    fix: "Apply the change with Heroku's command line too.",
    check: { from: "elsewhere", needs: "the app.json that the app was created with" },
  },
  {
    code: "AJ011",
    title: "AppPack does not know the stack",
    severity: on("error", "apppack"),
    why: "AppPack takes `stack` for the builder image. It translates `heroku-22`, refuses the retired `heroku-18` and `heroku-20`, and takes any other name literally.",
    fix: "Write the builder image, as `heroku/builder:24`.",
    check: {
      from: "files",
      find: findForeignStacks,
      example: {
        platform: "apppack",
        files: { Procfile: "web: bin/web\n", "app.json": '{\n  "stack": "heroku-24"\n}\n' },
        fixed: { Procfile: "web: bin/web\n", "app.json": '{\n  "stack": "heroku/builder:24"\n}\n' },
      },
    },
  },
  {
    code: "AJ012",
    title: "Nothing provisions the add-ons",
    severity: on("info", "dokku", "apppack", "aptible"),
    why: "Add-ons of app.json are Heroku's. Elsewhere databases and caches are made by hand, or by the platform's own means, and their addresses set as config variables.",
    fix: "Create the services and set their variables before the first deploy.",
    check: {
      from: "files",
      find: findUnprovisionedAddons,
      example: {
        platform: "dokku",
        files: { Procfile: "web: bin/web\n", "app.json": '{\n  "addons": ["heroku-postgresql"]\n}\n' },
        fixed: { Procfile: "web: bin/web\n", "app.json": '{\n  "name": "shop"\n}\n' },
      },
    },
  },
  {
    code: "AJ013",
    title: "Scheduled commands run otherwise, or not at all",
    severity: on("warning", "heroku", "heroku-cnb", "dokku", "apppack", "aptible"),
    why: "`cron` is read by Dokku alone. It runs the command without a shell, so operators and variables are lost, refuses `7` for Sunday, breaks on `@every`, and knows no time zone of an entry.",
    fix: "Use the platform's scheduler. At Dokku move the command into a script, and write five plain fields.",
    check: {
      from: "files",
      find: findCron,
      example: {
        platform: "dokku",
        files: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "cron": [\n    {"command": "bin/a && bin/b", "schedule": "0 1 * * *"}\n  ]\n}\n',
        },
        fixed: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "cron": [\n    {"command": "bin/nightly", "schedule": "0 1 * * *"}\n  ]\n}\n',
        },
      },
    },
  },
  {
    code: "AJ014",
    title: "AppPack passes over a test add-on",
    severity: on("warning", "apppack"),
    why: "For tests AppPack knows two add-ons by their exact names: `heroku-redis:in-dyno` and `heroku-postgresql:in-dyno`. Others are passed over without a word.",
    fix: "Use these two names, or start the service in the test command.",
    check: {
      from: "files",
      find: findIgnoredTestAddons,
      example: {
        platform: "apppack",
        files: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "environments": {\n    "test": {"addons": ["heroku-redis"]}\n  }\n}\n',
        },
        fixed: {
          Procfile: "web: bin/web\n",
          "app.json": '{\n  "environments": {\n    "test": {"addons": ["heroku-redis:in-dyno"]}\n  }\n}\n',
        },
      },
    },
  },
  {
    code: "AJ015",
    title: "Review apps lose values of the base",
    severity: on("info", "heroku", "heroku-cnb"),
    why: "A key of `environments.review` replaces the base key as a whole. What stands in the base alone is not there in review apps.",
    fix: "Repeat in `environments.review` what review apps need.",
    check: {
      from: "files",
      find: findHiddenByReview,
      example: {
        platform: "heroku",
        files: {
          Procfile: "web: bin/web\n",
          "app.json":
            '{\n  "env": {"LEVEL": "info", "REGION": "eu"},\n  "environments": {\n    "review": {"env": {"LEVEL": "debug"}}\n  }\n}\n',
        },
        fixed: {
          Procfile: "web: bin/web\n",
          "app.json":
            '{\n  "env": {"LEVEL": "info", "REGION": "eu"},\n  "environments": {\n    "review": {"env": {"LEVEL": "debug", "REGION": "eu"}}\n  }\n}\n',
        },
      },
    },
  },
  {
    code: "AJ016",
    title: "One command runs twice on every deploy",
    severity: on("warning", "dokku"),
    why: "Dokku runs `scripts.dokku.predeploy` and then `release` of the Procfile, both before the new containers start. The same command in both runs twice.",
    fix: "Keep one of the two.",
    check: {
      from: "files",
      find: findCommandRunTwice,
      example: {
        platform: "dokku",
        files: {
          Procfile: "release: bin/migrate\nweb: bin/web\n",
          "app.json": '{\n  "scripts": {\n    "dokku": {"predeploy": "bin/migrate"}\n  }\n}\n',
        },
        fixed: {
          Procfile: "release: bin/migrate\nweb: bin/web\n",
          "app.json": '{\n  "scripts": {\n    "dokku": {"predeploy": "bin/assets"}\n  }\n}\n',
        },
      },
    },
  },
  {
    code: "AJ017",
    title: "`scripts.postdeploy` runs in review apps only",
    severity: on("warning", "apppack"),
    why: "Heroku and Dokku run `postdeploy` once, after the first deploy. AppPack runs it in review apps alone.",
    fix: "Use `release` of the Procfile, with a command that is safe to repeat.",
    check: {
      from: "files",
      find: findReviewOnlyScript,
      example: {
        platform: "apppack",
        files: { Procfile: "web: bin/web\n", "app.json": '{\n  "scripts": {\n    "postdeploy": "bin/seed"\n  }\n}\n' },
        fixed: { Procfile: "web: bin/web\n", "app.json": '{\n  "scripts": {}\n}\n' },
      },
    },
  },
  {
    code: "AJ018",
    title: "A key stands there twice, or in another case",
    severity: on("info", "heroku", "heroku-cnb", "dokku", "apppack"),
    why: "Of a key that stands there twice every platform takes the last. Keys in another case, as `Env`, are unknown to Heroku; Dokku and AppPack take them.",
    fix: "Remove the repeated key; write known keys in small letters.",
    check: {
      from: "files",
      find: findOddKeys,
      example: {
        platform: "heroku",
        files: { Procfile: "web: bin/web\n", "app.json": '{\n  "Env": {"LEVEL": "info"}\n}\n' },
        fixed: { Procfile: "web: bin/web\n", "app.json": '{\n  "env": {"LEVEL": "info"}\n}\n' },
      },
    },
  },
];
