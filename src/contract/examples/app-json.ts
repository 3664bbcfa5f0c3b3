import type { Example } from "./example.ts";

const PLACE = { file: "app.json", page: "app-json.md" } as const;

/** app.json as a whole. Contract §3. */
export const APP_JSON_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json",
  title: "app.json: what the app needs",
  about: `Read on every deploy; no key is required. It is JSON; comments and trailing commas are accepted with a warning, since other platforms
refuse them. Keys that nobody knows are a warning, values of a wrong type an error.`,
  text: `{
  "name": "shop",
  "env": {
    "SESSION_KEY": { "description": "Signs the sessions", "generator": "secret" }
  },
  "formation": {
    "web": { "quantity": 2 },
    "worker": { "quantity": 1 }
  },
  "healthchecks": {
    "web": [{ "type": "startup", "path": "/healthz" }]
  },
  "cron": [{ "schedule": "0 3 * * *", "command": "bin/nightly" }]
}
`,
};

/** What the app says about itself to people. */
export const ABOUT_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json name",
  covers: ["description", "keywords", "website", "repository", "logo", "success_url"].map((key) => `app.json ${key}`),
  title: "app.json name, description …: for people",
  about: "Shown where the app is shown; nothing of it changes how the app runs.",
  text: `{
  "name": "shop",
  "description": "Sells things",
  "keywords": ["shop", "demo"],
  "website": "https://shop.example",
  "repository": "https://git.example/acme/shop",
  "logo": "https://shop.example/logo.svg",
  "success_url": "/welcome"
}
`,
};

/** Builder and run image. */
export const STACK_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json stack",
  covers: ["app.json image"],
  title: "app.json stack, image: what it is built with",
  about: "Each chooses a builder or run image when it names one.",
  text: `{
  "stack": "heroku-24",
  "image": "heroku/builder:24"
}
`,
};

/** Buildpacks. */
export const BUILDPACKS_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json buildpacks",
  title: "app.json buildpacks: what builds it",
  about:
    "In the order they run. A setting of the app wins over these, these win over project.toml, and all of them over detection.",
  text: `{
  "buildpacks": [
    { "url": "heroku/nodejs" },
    { "url": "paketo-buildpacks/nginx@0.17.1" },
    { "url": "https://github.com/acme/buildpack.git#v2" },
    { "url": "./tools/buildpack" }
  ]
}
`,
};

/** Config variables. Contract §4. */
export const ENV_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json env",
  title: "app.json env: config variables",
  about: `Decided before the build, for each name: a value that somebody has set stays (unless \`sync\`); what somebody has unset stays unset;
otherwise \`value\` is set, or a secret is made. A required variable with neither stops the deploy, and all missing names are told at once.
\`PORT\`, \`DYNO\`, \`SOURCE_VERSION\` and \`PORTSIDE_…\` belong to the platform.`,
  text: `{
  "env": {
    "LOG_LEVEL": "info",
    "SESSION_KEY": {
      "description": "Signs the sessions",
      "generator": "secret"
    },
    "STRIPE_KEY": {
      "description": "From the Stripe dashboard"
    },
    "SENTRY_DSN": { "required": false },
    "FEATURES": { "value": "search,cart", "sync": true }
  }
}
`,
};

/** Formation. Contract §5. */
export const FORMATION_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json formation",
  title: "app.json formation: how many instances, and how they run",
  about: `By process type. Types that are not listed keep their number. \`quantity\` takes effect when it differs from what the last deploy declared;
otherwise a \`ps:scale\` in between stands. \`release\` can only have 0.`,
  text: `{
  "formation": {
    "web": {
      "quantity": 2,
      "size": "standard-1x",
      "max_parallel": 1,
      "stop_timeout": 20
    },
    "worker": {
      "quantity": 1,
      "resources": { "cpu": 0.5, "memory": "512M" }
    },
    "search": { "quantity": 1, "service": { "exposed": true } }
  }
}
`,
};

/** Autoscaling. Contract §5. */
export const AUTOSCALING_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json autoscaling",
  under: "formation.*.autoscaling",
  title: "app.json formation, autoscaling: as many instances as needed",
  about:
    "`metadata` has KEDA's field names, and text as values. `triggers` may also be an object with the names as keys.",
  text: `{
  "formation": {
    "worker": {
      "autoscaling": {
        "min_quantity": 1,
        "max_quantity": 10,
        "polling_interval_seconds": 30,
        "cooldown_period_seconds": 300,
        "triggers": [
          { "name": "busy", "type": "cpu", "metadata": { "value": "70" } },
          { "name": "queue", "type": "redis", "metadata": { "listName": "jobs", "listLength": "20" } }
        ]
      }
    }
  }
}
`,
};

/** Add-ons. Contract §9. */
export const ADDONS_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json addons",
  title: "app.json addons: services the app needs",
  about:
    "Provisioned before the first release; their addresses become config variables (`DATABASE_URL`, `REDIS_URL` …).",
  text: `{
  "addons": [
    "postgres",
    "redis:small",
    { "plan": "postgres:large", "as": "REPORTS", "options": { "version": "16" } }
  ]
}
`,
};

/** Scripts. Contract §6. */
export const SCRIPTS_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json scripts",
  title: "app.json scripts: commands at fixed moments",
  about:
    "Each is a command, or an object with `command` and `size`. What must run before every release is the Procfile's `release`.",
  text: `{
  "scripts": {
    "postdeploy": "bin/seed",
    "pr-predestroy": { "command": "bin/clean-up", "size": "standard-1x" },
    "dokku": {
      "predeploy": "bin/build-assets",
      "postdeploy": "bin/notify"
    }
  }
}
`,
};

/** Cron. Contract §7. */
export const CRON_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json cron",
  title: "app.json cron: commands on a schedule",
  about: `Each runs like a command of the Procfile, as a one-off of the current release. A lone word that names a process type runs that type's command.
Runs missed while the platform was down are recorded, not made up for.`,
  text: `{
  "cron": [
    { "schedule": "0 3 * * *", "command": "bin/nightly" },
    {
      "schedule": "*/15 9-17 * * MON-FRI",
      "command": "bin/report --short | bin/mail",
      "timezone": "Europe/Paris",
      "concurrency_policy": "forbid"
    },
    { "schedule": "@every 90s", "command": "bin/poll", "maintenance": true }
  ]
}
`,
};

/** Health checks. Contract §8. */
export const HEALTHCHECKS_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json healthchecks",
  title: "app.json healthchecks: when an instance is well",
  about: `By process type. Each check has exactly one kind: \`path\`, \`command\`, \`listening\` or \`uptime\`. Without a startup check, a type with routes must
accept a connection within 60 s, and another must stay up for 3 s.`,
  text: `{
  "healthchecks": {
    "web": [
      {
        "type": "startup",
        "name": "answers",
        "path": "/healthz",
        "content": "ok",
        "attempts": 10,
        "wait": 2,
        "timeout": 3,
        "httpHeaders": [{ "name": "Host", "value": "shop.example" }]
      },
      { "type": "readiness", "listening": true },
      {
        "type": "liveness",
        "command": ["bin/alive", "--quick"],
        "initialDelay": 30,
        "onFailure": { "url": "https://alerts.example/hook" }
      }
    ],
    "worker": [{ "type": "startup", "uptime": 5, "warn": true }]
  }
}
`,
};

/** Environments. Contract §3. */
export const ENVIRONMENTS_EXAMPLE: Example = {
  ...PLACE,
  key: "app.json environments",
  title: "app.json environments: other values for test and review apps",
  about:
    "Each key inside replaces the base key, whole, for that environment only. The tests of an app are `scripts.test` here.",
  text: `{
  "env": { "LOG_LEVEL": "info" },
  "environments": {
    "test": {
      "env": { "LOG_LEVEL": "debug" },
      "addons": ["postgres"],
      "scripts": { "test-setup": "bin/setup", "test": "bin/test" }
    },
    "review": {
      "formation": { "web": { "quantity": 1 } },
      "scripts": { "pr-predestroy": "bin/clean-up" }
    }
  }
}
`,
};
