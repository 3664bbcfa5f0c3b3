import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { create } from "tar";
import { Installation } from "./installation.ts";
import {
  HELLO_BOTH,
  HELLO_MOON,
  HELLO_WORLD,
  packCnb,
  scriptBuildpack,
  SHOW_APP,
  writeFiles,
} from "../../src/build/testing/third-party.ts";

const portside = new Installation({ PORTSIDE_PORT: "18230", PORTSIDE_FETCH_NETWORKS: "127.0.0.1" });
before(() => portside.ok("up", "--no-deploy"));
after(() => portside.remove());

type Page = { readonly text: string; readonly WORLD: string; readonly cwd: string };
const page = async (app: string): Promise<Page> => JSON.parse((await portside.get(app)).body) as Page;
const greeting = async (app: string): Promise<string> => (await page(app)).text;

/** Writes a text into the app. */
const writes = (id: string, text: string): Readonly<Record<string, string>> =>
  scriptBuildpack(id, { build: `printf '${text}' >greeting.txt` });

test("contract §3: app.json names a directory of the source and an archive; they build in order", async () => {
  const app = portside.folder("shop", {
    ...SHOW_APP,
    "app.json": JSON.stringify({ buildpacks: [{ url: "./buildpacks/moon" }, { url: "./world.tgz" }] }),
  });
  writeFiles(join(app, "buildpacks/moon"), HELLO_MOON);
  const world = writeFiles(join(portside.root, "made/world"), HELLO_WORLD);
  await create({ cwd: world, file: join(app, "world.tgz"), gzip: true, portable: true }, ["."]);
  const { stdout } = await portside.ok("up", app, "--no-follow");
  assert.match(stdout, /example\/hello-moon 1\.0\.0 from \.\/buildpacks\/moon/);
  assert.match(stdout, /---> Hello moon/);
  assert.deepEqual(await page("shop").then(({ text, WORLD }) => [text, WORLD]), ["hello moon", "moon"]);
  const { buildpacks } = await portside.json<{ buildpacks: readonly { id: string }[] }>("info", "--app", "shop");
  assert.deepEqual(
    buildpacks.map(({ id }) => id),
    ["example/hello-moon", "example/hello-world", "portside/procfile"],
  );
});

test("contract §3: --buildpack > the app's setting > app.json > project.toml > detection", async () => {
  const app = portside.folder("order", {
    ...SHOW_APP,
    "package.json": '{"name": "order", "private": true}',
    "project.toml":
      '[_]\nschema-version = "0.2"\n[[io.buildpacks.group]]\nid = "inline/one"\n[io.buildpacks.group.script]\napi = "0.10"\ninline = "printf project.toml >greeting.txt"\n',
  });
  for (const name of ["json", "setting", "once"]) writeFiles(join(app, name), writes(`own/${name}`, name));
  await portside.ok("deploy", app);
  assert.equal(await greeting("order"), "project.toml");

  portside.folder("order", { "app.json": JSON.stringify({ buildpacks: [{ url: "./json" }] }) });
  await portside.ok("deploy", app);
  assert.equal(await greeting("order"), "json");

  await portside.ok("buildpacks:set", "./setting", "--app", "order");
  await portside.ok("deploy", app);
  assert.equal(await greeting("order"), "setting");

  await portside.ok("deploy", app, "--buildpack", "./once");
  assert.equal(await greeting("order"), "once");
  await portside.ok("deploy", app);
  assert.equal(await greeting("order"), "setting", "--buildpack was for one deploy");

  await portside.ok("buildpacks:clear", "--app", "order");
  await portside.ok("deploy", app);
  assert.equal(await greeting("order"), "json");
});

test("Heroku's commands for the list: set, add, remove, clear, with --index", async () => {
  const list = async (): Promise<readonly string[]> =>
    (await portside.json<{ buildpacks: readonly string[] }>("buildpacks", "--app", "order")).buildpacks;
  const run = (...args: string[]): Promise<unknown> => portside.ok(...args, "--app", "order");
  await run("buildpacks:add", "heroku/nodejs");
  await run("buildpacks:add", "./b");
  await run("buildpacks:add", "./a", "--index", "1");
  assert.deepEqual(await list(), ["./a", "heroku/nodejs", "./b"]);
  await run("buildpacks:set", "./c", "-i", "2");
  await run("buildpacks:set", "./d");
  assert.deepEqual(await list(), ["./d", "./c", "./b"]);
  await run("buildpacks:remove", "./c");
  await run("buildpacks:remove", "--index", "2");
  assert.deepEqual(await list(), ["./d"]);
  for (const args of [
    ["add", "./d"],
    ["add", "x"],
    ["set", "$(id)"],
    ["remove", "./nope"],
    ["remove"],
    ["add", "./e", "--index", "9"],
  ])
    assert.notEqual(
      (await portside.run([`buildpacks:${args[0]}`, ...args.slice(1), "--app", "order"])).exitCode,
      0,
      args.join(" "),
    );
  await run("buildpacks:clear");
  assert.deepEqual(await list(), []);
});

test("an operator installs a package; apps name it by id; an unknown id says how to get it", async () => {
  const app = portside.folder("byid", {
    ...SHOW_APP,
    "app.json": JSON.stringify({ buildpacks: [{ url: "example/moons" }, { url: "example/hello-world" }] }),
  });
  const refused = await portside.run(["deploy", app]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /\[E_BUILDPACK_UNKNOWN\]/);
  assert.match(refused.stderr + refused.stdout, /portside\/nodejs, .*buildpacks:install/s);

  const cnb = await packCnb(join(portside.root, "hello.cnb"), [
    { id: "example/hello-world", version: "1.0.0", files: HELLO_WORLD },
    { id: "example/hello-moon", version: "1.0.0", files: HELLO_MOON },
  ]);
  const installed = await portside.ok("buildpacks:install", cnb);
  assert.match(installed.stdout, /Installed example\/hello-world@1\.0\.0\nInstalled example\/hello-moon@1\.0\.0/);
  assert.match((await portside.ok("buildpacks:installed")).stdout, /example\/hello-moon +1\.0\.0/);
  portside.folder("byid", {
    "app.json": JSON.stringify({
      buildpacks: [{ url: "example/hello-moon@1.0.0" }, { url: "urn:cnb:registry:example/hello-world" }],
    }),
  });
  await portside.ok("deploy", app);
  assert.equal(await greeting("byid"), "hello moon");
  await portside.ok("buildpacks:uninstall", "example/hello-moon@1.0.0");
  assert.notEqual((await portside.run(["buildpacks:uninstall", "example/hello-moon"])).exitCode, 0);
  assert.equal(await greeting("byid"), "hello moon", "what was built goes on");
});

test("an address is fetched where the operator permits its network; a composite package by its path, for one deploy", async () => {
  const made = writeFiles(join(portside.root, "made/text"), writes("example/text", "over http"));
  const archive = join(portside.root, "text.tgz");
  await create({ cwd: made, file: archive, gzip: true, portable: true }, ["."]);
  const server = createServer((_request, response) => response.end(readFileSync(archive)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/text.tgz`;
    const app = portside.folder("far", { ...SHOW_APP, "app.json": JSON.stringify({ buildpacks: [{ url }] }) });
    await portside.ok("deploy", app);
    assert.equal(await greeting("far"), "over http");
    const refused = await portside.run(["deploy", app, "--buildpack", `http://127.0.0.2:${port}/text.tgz`]);
    assert.match(refused.stderr, /127\.0\.0\.2 is no public address.*\[E_BUILDPACK_FETCH\]/);
    const cnb = await packCnb(join(portside.root, "both.cnb"), [
      { id: "example/hello", version: "2.0.0", files: HELLO_BOTH },
      { id: "example/hello-moon", version: "1.0.0", files: HELLO_MOON },
      { id: "example/hello-world", version: "1.0.0", files: HELLO_WORLD },
    ]);
    await portside.ok("deploy", app, "--buildpack", cnb);
    assert.equal(await greeting("far"), "hello moon");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("contract §1: an app in a sub-directory sees the whole source; its files are read there", async () => {
  const mono = portside.folder("mono", {
    "shared/text.txt": "from the root",
    "app.json": "{ this is another app's",
    "services/api/Procfile": "web: node server.js\n",
    "services/api/.profile": "export FROM_PROFILE=yes\n",
    "services/api/server.js": SHOW_APP["server.js"] ?? "",
    "services/api/app.json": JSON.stringify({ buildpacks: [{ url: "../../tools/buildpack" }] }),
  });
  writeFiles(
    join(mono, "tools/buildpack"),
    scriptBuildpack("mono/copy", { build: "cp ../../shared/text.txt greeting.txt" }),
  );
  await portside.ok("deploy", mono, "--path", "services/api");
  const shown = JSON.parse((await portside.get("api")).body) as Page & { FROM_PROFILE: string };
  assert.deepEqual([shown.text, shown.FROM_PROFILE], ["from the root", "yes"]);
  assert.match(shown.cwd, /\/app\/services\/api$/);
  assert.match((await portside.ok("buildpacks", "--app", "api")).stdout, /The app lies in services\/api\./);

  portside.folder("mono", { "shared/text.txt": "changed" });
  await portside.ok("deploy", mono, "--app", "api");
  assert.equal(await greeting("api"), "changed", "the directory is remembered");
  for (const path of ["nowhere", "../x", "/etc", "services/api/Procfile"]) {
    const refused = await portside.run(["deploy", mono, "--app", "api", "--path", path]);
    assert.match(refused.stderr, /\[E_APP_PATH\]/, path);
  }
});
