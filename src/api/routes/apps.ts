import { appDetailSchema, appListSchema } from "../../wire/apps.ts";
import { ACCEPTED, defineRoute, jsonAnswer } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { intentHeaders, intentOf } from "../intent.ts";
import { appParams, knownAppName } from "../params.ts";
import { accepted } from "../respond.ts";
import { appDetail, appView } from "../views.ts";

const list = defineRoute({
  method: "get",
  path: "/v1/apps",
  access: { resource: "app", action: "read" },
  summary: "All apps, by name.",
  responses: { 200: jsonAnswer(appListSchema, "The apps.") },
});

const show = defineRoute({
  method: "get",
  path: "/v1/apps/{app}",
  access: { resource: "app", action: "read" },
  summary: "One app with its buildpacks, processes and instances.",
  request: { params: appParams },
  responses: { 200: jsonAnswer(appDetailSchema, "The app.") },
});

const destroy = defineRoute({
  method: "delete",
  path: "/v1/apps/{app}",
  access: { resource: "app", action: "destroy" },
  summary: "Stops the app and removes its releases, config and logs.",
  request: { params: appParams, headers: intentHeaders },
  responses: ACCEPTED,
});

/** `portside apps`, `info`, `apps:destroy`. */
export function addAppRoutes(table: RouteTable, { control }: ApiContext): void {
  table.add(list, (c) => c.json({ apps: control.apps().map(appView) }, 200));
  table.add(show, (c) => c.json(appDetail(control.app(knownAppName(c.req.valid("param").app))), 200));
  table.add(destroy, (c) => accepted(c, control.destroy(knownAppName(c.req.valid("param").app), intentOf(c))));
}
