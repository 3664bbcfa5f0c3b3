import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenAPIHono } from "@hono/zod-openapi";
import { secret } from "../lib/secret.ts";
import { createAuthenticate } from "./access.ts";
import { RouteTable, defineRoute } from "./define-route.ts";
import type { DeclaredRoute } from "./define-route.ts";
import type { ApiEnv } from "./environment.ts";
import { API_LIMITS } from "./limits.ts";
import { TOKEN, createHarness } from "./testing/harness.ts";

const NO_RIGHT: readonly (string | undefined)[] = [
  undefined,
  "",
  "Bearer",
  "Bearer ",
  `Basic ${TOKEN}`,
  TOKEN,
  `Bearer ${TOKEN}x`,
  `Bearer ${TOKEN.slice(1)}`,
  `Bearer ${TOKEN} ${TOKEN}`,
  `Bearer ${TOKEN}, Bearer ${TOKEN}`,
  `Bearer [secret]`,
  "Bearer undefined",
];

test("a bearer token is taken as it is and in no other form", () => {
  const authenticate = createAuthenticate(secret(TOKEN));
  assert.deepEqual(authenticate({ trusted: false, authorization: `Bearer ${TOKEN}` }), { kind: "token" });
  assert.deepEqual(authenticate({ trusted: false, authorization: `bearer ${TOKEN}` }), { kind: "token" });
  assert.deepEqual(authenticate({ trusted: true, authorization: undefined }), { kind: "owner" });
  for (const authorization of NO_RIGHT)
    assert.equal(authenticate({ trusted: false, authorization }), undefined, String(authorization));
});

test("a token that could be guessed stops the start (security rule 5)", () => {
  for (const token of ["", "changeme", "t".repeat(31)])
    assert.throws(() => createAuthenticate(secret(token)), { code: "E_SERVER_START" });
});

test("a route without access neither compiles nor boots (security rule 1)", () => {
  const bare = {
    method: "get",
    path: "/v1/open",
    summary: "Open.",
    responses: { 200: { description: "Yes." } },
  } as const;
  // @ts-expect-error -- that it does not compile is what is tested
  const route: unknown = defineRoute(bare);
  const app = new OpenAPIHono<ApiEnv>();
  const table = new RouteTable(app, API_LIMITS);
  assert.throws(() => table.add(route as DeclaredRoute, (c) => c.text("open")), /get \/v1\/open declares no access/);
  assert.deepEqual(app.routes, []);
  app.get("/v1/behind-the-back", (c) => c.text("open"));
  assert.throws(() => table.assertComplete(), /GET \/v1\/behind-the-back declares no access/);
});

test("every route but the public ones answers 401 without and with wrong credentials, and does nothing (security rule 1)", async () => {
  const { routes, ask, control } = createHarness();
  assert.equal(routes.length, 44);
  for (const { method, path, access } of routes) {
    const line = `${method} ${path.replaceAll(/\{\w+\}/g, "demo")}`;
    for (const authorization of NO_RIGHT) {
      const headers = authorization === undefined ? {} : { authorization };
      const response = await ask(line, { trusted: false, headers });
      assert.equal(response.status, access === "public" ? 200 : 401, `${line} with ${authorization}`);
      if (access === "public") continue;
      assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
      const text = await response.text();
      assert.equal(text === "" ? "E_UNAUTHORIZED" : JSON.parse(text).code, "E_UNAUTHORIZED");
    }
  }
  assert.deepEqual(
    routes.filter(({ access }) => access === "public").map(({ path }) => path),
    ["/schema/app.json", "/openapi.json"],
  );
  assert.deepEqual(control.calls, []);
});

test("without credentials unknown paths and methods look like everything else", async () => {
  const { ask } = createHarness();
  for (const line of ["GET /", "GET /v1/nothing", "PATCH /v1/apps", "BREW /v1/apps"]) {
    assert.equal((await ask(line, { trusted: false })).status, 401, line);
  }
});

test("the token opens what the socket opens", async () => {
  const { ask } = createHarness();
  const response = await ask("GET /v1/apps", { trusted: false, headers: { authorization: `Bearer ${TOKEN}` } });
  assert.equal(response.status, 200);
});
