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
