import type { OpenAPIHono } from "@hono/zod-openapi";
import * as z from "zod";
import { defineRoute, jsonAnswer } from "./define-route.ts";
import type { RouteTable } from "./define-route.ts";
import type { ApiEnv } from "./environment.ts";

const document = defineRoute({
  method: "get",
  path: "/openapi.json",
  access: { public: "it describes every Portside of this version alike and no installation" },
  summary: "This API, as OpenAPI 3.1.",
  responses: { 200: jsonAnswer(z.record(z.string(), z.unknown()), "The document.") },
});

const appSchema = defineRoute({
  method: "get",
  path: "/schema/app.json",
  access: { public: "it describes the files of every app alike and no installation" },
  summary: "The JSON Schema of app.json.",
  responses: { 200: jsonAnswer(z.record(z.string(), z.unknown()), "The schema, draft 2020-12.") },
});

/** `/schema/app.json`, for editors. `readSchema` gives the document; it is asked at the first request. */
export function addSchemaRoute(table: RouteTable, readSchema: () => Record<string, unknown>): void {
  let made: Record<string, unknown> | undefined;
  table.add(appSchema, (c) => c.json((made ??= readSchema()), 200));
}

/** `/openapi.json`, made from the routes at the first request. To be added last. */
export function addOpenApiRoute(table: RouteTable, app: OpenAPIHono<ApiEnv>, version: string): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "The token of the Portside home. Not needed through its Unix socket.",
  });
  let made: Record<string, unknown> | undefined;
  table.add(document, (c) => {
    made ??= { ...app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "Portside API", version } }) };
    return c.json(made, 200);
  });
}
