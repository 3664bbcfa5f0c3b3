import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { PORTABILITY_FILES } from "./source-files.ts";
import { findingsByPlatform, type TestFiles } from "./testing/shown-findings.ts";

/** Apps as people write them, that run the same everywhere but at Aptible, which sets no `PORT`. */
const APPS: readonly [title: string, files: TestFiles, aptible?: string][] = [
  [
    "Rails with Puma and Sidekiq",
    { Procfile: "web: bundle exec puma -C config/puma.rb\nworker: bundle exec sidekiq -q default -q low\n" },
  ],
  [
    "Django with Gunicorn",
    {
      Procfile:
        "web: gunicorn mysite.wsgi --log-file -\nworker: celery -A mysite worker -l info\nbeat: celery -A mysite beat\n",
    },
  ],
  [
    "FastAPI",
    { Procfile: "web: uvicorn app.main:app --host 0.0.0.0 --port ${PORT:-8000} --workers 2 --timeout-keep-alive 30\n" },
  ],
  [
    "Flask behind Gunicorn on $PORT",
    { Procfile: "web: gunicorn -w 4 -k gevent -b 0.0.0.0:$PORT app:app\n" },
    "PF014@1",
  ],
  ["Node", { Procfile: "web: npm start\nworker: node worker.js --queue mail --retries 3\n" }],
  ["Spring Boot", { Procfile: "web: java -Dserver.port=$PORT $JAVA_OPTS -jar target/app.jar\n" }, "PF014@1"],
  ["PHP with Apache", { Procfile: "web: vendor/bin/heroku-php-apache2 -C apache.conf public/\n" }],
  ["Go", { Procfile: "web: bin/server -log-format json -timeout 30s\n" }],
  ["Phoenix", { Procfile: "web: mix phx.server\n" }],
  [
    "Laravel worker",
    { Procfile: "web: vendor/bin/heroku-php-nginx public/\nworker: php artisan queue:work --tries=3 --timeout=90\n" },
  ],
  ["a checked-in script", { Procfile: "# all of it is in bin/\n\nweb: bin/start-web\nclock: bin/clock\n" }],
  [
    "Windows line ends",
    { Procfile: "web: bin/web\r\nworker: bin/worker\r\n", "app.json": '{\r\n  "name": "shop"\r\n}\r\n' },
  ],
  [
    "a whole app.json",
    {
      Procfile: "web: bin/web\nworker: bin/worker\n",
      "app.json": JSON.stringify({
        $schema: "https://example.test/app.json",
        name: "shop",
        keywords: ["node"],
        buildpacks: [{ url: "heroku/nodejs" }],
        env: { LEVEL: "info", KEY: { generator: "secret" }, NAME: { required: false, description: "shown" } },
        formation: { web: { quantity: 1, size: "basic" }, worker: { quantity: 2 } },
        healthchecks: { web: [{ type: "startup", path: "/up" }] },
        environments: {
          test: { scripts: { test: "npm test" }, addons: ["heroku-postgresql:in-dyno"], env: { LEVEL: "debug" } },
        },
      }),
    },
  ],
  ["a static site", { "package.json": "{}" }],
  ["nothing at all", {}],
];

for (const [title, files, aptible] of APPS) {
  test(`no false alarm: ${title}`, () =>
    assert.deepEqual(findingsByPlatform(files), aptible === undefined ? {} : { aptible }));
}

test("no false alarm: a Dockerfile app made for its platform", () => {
  const dockerfile =
    "FROM node:24-slim AS build\nRUN npm ci\nFROM node:24-slim\nCOPY --from=build /app /app\nEXPOSE 3000\n";
  const found = (procfile: string): object => findingsByPlatform({ Procfile: procfile, Dockerfile: dockerfile });
  const ignored = { heroku: "PF015@1", apppack: "PF015@1" };
  // What Aptible needs, Dokku refuses: a script serves both.
  assert.deepEqual(found("web: exec node server.js\n"), { ...ignored, dokku: "PF008@1" });
  assert.deepEqual(found('web: node server.js --port $PORT --tag "a b"\n'), { ...ignored, aptible: "PF010@1 PF014@1" });
});

/** All that the example apps give: their release command, which is no mistake. */
const EXAMPLES: Readonly<Record<string, object>> = {
  guestbook: { heroku: "PF013@3", "heroku-cnb": "PF013@3", dokku: "PF013@3", apppack: "PF013@3", aptible: "PF012@3" },
  "python-hello": {
    heroku: "PF013@1",
    "heroku-cnb": "PF013@1",
    dokku: "PF013@1",
    apppack: "PF013@1",
    aptible: "PF012@1",
  },
  "static-site": {},
};

const examples = new URL("../../examples/", import.meta.url);

for (const name of readdirSync(examples)) {
  test(`no false alarm: examples/${name}`, () => {
    const paths = PORTABILITY_FILES.map((path) => [path, new URL(`${name}/${path}`, examples)] as const);
    const files = Object.fromEntries(
      paths.filter(([, url]) => existsSync(url)).map(([path, url]) => [path, readFileSync(url, "utf8")]),
    );
    assert.deepEqual(findingsByPlatform(files), EXAMPLES[name] ?? {});
  });
}
