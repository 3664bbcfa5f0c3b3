import { settingsPatchSchema, settingsSchema } from "../../wire/settings.ts";
import { ACCEPTED, defineRoute, jsonAnswer, jsonBody } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { intentHeaders, intentOf } from "../intent.ts";
import { appParams, knownAppName } from "../params.ts";
import { accepted } from "../respond.ts";
import { settingsView } from "../views.ts";

const show = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/settings",
  access: { resource: "app", action: "read" },
  summary: "Whether the app is frozen, and whether deploys run its tests.",
  request: { params: appParams },
  responses: { 200: jsonAnswer(settingsSchema, "The settings.") },
});

const change = defineRoute({
  method: "patch",
  path: "/v1/apps/{app}/settings",
  access: { resource: "app", action: "configure" },
  summary:
    "Freezes or unfreezes the app, switches its tests on or off; at once, recorded as an operation that has ended.",
  request: { params: appParams, headers: intentHeaders, body: jsonBody(settingsPatchSchema) },
  responses: ACCEPTED,
});

/** `portside freeze`, `unfreeze`, `tests:on`, `tests:off`. */
export function addSettingsRoutes(table: RouteTable, { control }: ApiContext): void {
  table.add(show, (c) => c.json(settingsView(control.settings(knownAppName(c.req.valid("param").app))), 200));
  table.add(change, (c) => {
    const { tests, freeze } = c.req.valid("json");
    const until = freeze?.until === undefined ? {} : { until: Date.parse(freeze.until) };
    const order = {
      ...(tests === undefined ? {} : { tests }),
      ...(freeze === undefined ? {} : { freeze: freeze === null ? null : { reason: freeze.reason, ...until } }),
    };
    return accepted(c, control.changeSettings(knownAppName(c.req.valid("param").app), order, intentOf(c)));
  });
}
