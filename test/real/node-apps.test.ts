import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Installation, REPOSITORY } from "../acceptance/installation.ts";

/** An app of `test/fixtures/real`: how it shows that it works, and the one source file that a second deploy changes. */
type NodeApp = {
  readonly name: string;
  /** Of `test/fixtures/real`, when it is not the name. */
  readonly fixture?: string;
  /** More words for `deploy`. */
  readonly options?: readonly string[];
  readonly works: () => Promise<void>;
  readonly changes: string;
  /** What the build of the second deploy says about node_modules. */
  readonly secondBuild: "Reusing node_modules" | "Installing node_modules";
};

const portside = new Installation({ PORTSIDE_PORT: String(await freePort()), PORTSIDE_BOOT_TIMEOUT: "60" });
after(() => portside.remove());

before(async () => {
  await portside.ok("up", "--no-deploy");
  allowRegistry();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Builds see nothing of the user's settings; an operator says here how this machine reaches its npm registry. */
function allowRegistry(): void {
  const directory = join(portside.home.buildConfig, "env");
  mkdirSync(directory, { recursive: true });
  for (const name of ["NODE_EXTRA_CA_CERTS", "npm_config_registry", "npm_config_cafile"]) {
    const value = process.env[name];
    if (value !== undefined) writeFileSync(join(directory, name), value);
  }
}

const json = async (app: string): Promise<Record<string, unknown>> => {
  const answer = await portside.get(app);
  assert.equal(answer.status, 200, answer.body);
  return JSON.parse(answer.body) as Record<string, unknown>;
};

const APPS: readonly NodeApp[] = [
  { name: "vite-react", works: viteWorks, changes: "src/components/Greeting.jsx", secondBuild: "Reusing node_modules" },
  { name: "express-native", works: nativeWorks, changes: "app.js", secondBuild: "Reusing node_modules" },
  { name: "yarn-berry", works: () => koaWorks("yarn-berry"), changes: "app.js", secondBuild: "Reusing node_modules" },
  {
    name: "yarn-classic",
    works: () => koaWorks("yarn-classic"),
    changes: "app.js",
    secondBuild: "Reusing node_modules",
  },
  { name: "pnpm-fastify", works: fastifyWorks, changes: "src/app.js", secondBuild: "Reusing node_modules" },
  {
    name: "workspaces",
    works: () => workspacesWork("workspaces"),
    changes: "apps/api/server.js",
    secondBuild: "Installing node_modules",
  },
  {
    name: "workspaces-api",
    fixture: "workspaces",
    options: ["--path", "apps/api"],
    works: () => workspacesWork("workspaces-api"),
    changes: "apps/api/server.js",
    secondBuild: "Installing node_modules",
  },
];

/** The page names a bundle, and the bundle has the component's text and React in it. */
async function viteWorks(): Promise<void> {
  const page = await portside.get("vite-react");
  assert.equal(page.status, 200);
  const [, script = "nothing"] = /<script type="module" crossorigin src="(\/assets\/[^"]+\.js)">/.exec(page.body) ?? [];
  const bundle = await portside.get("vite-react", script);
  assert.deepEqual([bundle.status, bundle.headers["content-type"]], [200, "text/javascript"]);
  assert.match(bundle.body, /Hello from a bundle/);
}

async function nativeWorks(): Promise<void> {
  const { arch, modules } = await json("express-native");
  assert.equal(arch, process.arch === "x64" ? "x86" : "aarch64");
  assert.match(String(modules), /^\d+$/);
}

async function koaWorks(app: string): Promise<void> {
  assert.deepEqual(await json(app), { version: "1.2.3", env: "production", agent: "koa" });
}

/** WEB_CONCURRENCY came from the buildpack's program at the start of the process. */
async function fastifyWorks(): Promise<void> {
  const { from, workers } = await json("pnpm-fastify");
  assert.equal(from, "fastify");
  assert.match(String(workers), /^[1-9]\d*$/);
}

async function workspacesWork(app: string): Promise<void> {
  assert.deepEqual(await json(app), { text: "Hello, monorepo" });
}

for (const app of APPS) {
  describe(`${app.name}, built from its sources`, () => {
    const folder = join(portside.root, "real", app.name);
    const fixture = join(REPOSITORY, "test/fixtures/real", app.fixture ?? app.name);
    before(() => cpSync(fixture, folder, { recursive: true }));
    after(() => portside.ok("apps:destroy", app.name, "--confirm", app.name));

    test("is built, starts and answers through the router", async () => {
      await portside.ok("deploy", folder, "--app", app.name, ...(app.options ?? []));
      await app.works();
    });

    test("is built again with one changed file", async (t) => {
      appendFileSync(join(folder, app.changes), "// changed\n");
      const { stdout, stderr, durationMs } = await portside.ok(
        "deploy",
        folder,
        "--app",
        app.name,
        ...(app.options ?? []),
      );
      assert.ok((stdout + stderr).includes(app.secondBuild), stdout + stderr);
      await app.works();
      t.diagnostic(`${durationMs.toFixed(0)} ms`);
    });
  });
}
