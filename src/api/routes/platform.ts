import { platformStatusSchema, shutdownRequestSchema } from "../../wire/platform.ts";
import { defineRoute, jsonAnswer, jsonBody } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { platformStatus } from "../views.ts";

const status = defineRoute({
  method: "get",
  path: "/v1/status",
  access: { resource: "platform", action: "read" },
  summary: "The platform itself: version, engine, router, addresses.",
  responses: { 200: jsonAnswer(platformStatusSchema, "The platform now.") },
});

const shutdown = defineRoute({
  method: "post",
  path: "/v1/shutdown",
  access: { resource: "platform", action: "stop" },
  summary: "Stops Portside and, unless `keepInstances`, all apps.",
  request: { body: jsonBody(shutdownRequestSchema) },
  responses: {
    202: jsonAnswer(platformStatusSchema, "The platform as it begins to stop; it ends when everything has stopped."),
  },
});

/** `portside status`, `up`, `down`. */
export function addPlatformRoutes(table: RouteTable, { control }: ApiContext): void {
  table.add(status, (c) => c.json(platformStatus(control.platform()), 200));
  table.add(shutdown, (c) => {
    control.shutdown({ keepInstances: c.req.valid("json").keepInstances });
    return c.json(platformStatus(control.platform()), 202);
  });
}
