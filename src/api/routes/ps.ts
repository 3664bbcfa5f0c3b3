import { PortsideError } from "../../model/error-registry.ts";
import { instanceListSchema, restartRequestSchema, scaleRequestSchema } from "../../wire/apps.ts";
import { ACCEPTED, defineRoute, jsonAnswer, jsonBody } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { intentHeaders, intentOf } from "../intent.ts";
import { appParams, knownAppName, processType } from "../params.ts";
import { accepted } from "../respond.ts";
import { instanceView } from "../views.ts";

const instances = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/instances",
  access: { resource: "instance", action: "read" },
  summary: "The app's instances, without the stopped ones.",
  request: { params: appParams },
  responses: { 200: jsonAnswer(instanceListSchema, "By type in Procfile order, then number, then start.") },
});

const scale = defineRoute({
  method: "post",
  path: "/v1/apps/{app}/scale",
  access: { resource: "app", action: "scale" },
  summary: "Sets how many instances the named types have; the others stay.",
  request: { params: appParams, headers: intentHeaders, body: jsonBody(scaleRequestSchema) },
  responses: ACCEPTED,
});

const restart = defineRoute({
  method: "post",
  path: "/v1/apps/{app}/restarts",
  access: { resource: "app", action: "restart" },
  summary: "Replaces all instances, those of a type, or one.",
  request: { params: appParams, headers: intentHeaders, body: jsonBody(restartRequestSchema) },
  responses: ACCEPTED,
});

/** `portside ps`, `ps:scale`, `ps:restart`. */
export function addPsRoutes(table: RouteTable, { control }: ApiContext): void {
  table.add(instances, (c) => {
    const details = control.app(knownAppName(c.req.valid("param").app));
    return c.json({ instances: details.instances.map(instanceView) }, 200);
  });
  table.add(scale, (c) => {
    const { formation } = c.req.valid("json");
    for (const type of Object.keys(formation)) processType(type);
    return accepted(c, control.scale(knownAppName(c.req.valid("param").app), formation, intentOf(c)));
  });
  table.add(restart, (c) => {
    const { type, number } = c.req.valid("json");
    if (type === undefined && number !== undefined) {
      throw new PortsideError("E_REQUEST_INVALID", { problem: "`number` needs a `type`" });
    }
    const which = {
      ...(type === undefined ? {} : { type: processType(type) }),
      ...(number === undefined ? {} : { number }),
    };
    return accepted(c, control.restart(knownAppName(c.req.valid("param").app), which, intentOf(c)));
  });
}
