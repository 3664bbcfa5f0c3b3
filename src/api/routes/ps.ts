import { PortsideError } from "../../model/error-registry.ts";
import type { InstanceChoice } from "../../model/check-result.ts";
import { instanceListSchema, restartRequestSchema, scaleRequestSchema, stopRequestSchema } from "../../wire/apps.ts";
import type { RestartRequest } from "../../wire/apps.ts";
import { instanceDetailSchema } from "../../wire/instances.ts";
import { ACCEPTED, defineRoute, jsonAnswer, jsonBody } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { intentHeaders, intentOf } from "../intent.ts";
import { appParams, instanceParams, instancePlace, knownAppName, processType } from "../params.ts";
import { accepted } from "../respond.ts";
import { instanceDetail, instanceView } from "../views.ts";

const instances = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/instances",
  access: { resource: "instance", action: "read" },
  summary: "The app's instances; of the stopped ones only those that nobody replaced.",
  request: { params: appParams },
  responses: { 200: jsonAnswer(instanceListSchema, "By type in Procfile order, then number, then start.") },
});

const inspect = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/instances/{instance}",
  access: { resource: "instance", action: "read" },
  summary: "Everything about one instance: command, checks, listeners, processes, what it uses.",
  request: { params: instanceParams },
  responses: { 200: jsonAnswer(instanceDetailSchema, "The newest instance of that name.") },
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

const start = defineRoute({
  method: "post",
  path: "/v1/apps/{app}/starts",
  access: { resource: "app", action: "restart" },
  summary: "Starts what was stopped, of all types, of one, or one instance; what runs is left alone.",
  request: { params: appParams, headers: intentHeaders, body: jsonBody(restartRequestSchema) },
  responses: ACCEPTED,
});

const stop = defineRoute({
  method: "post",
  path: "/v1/apps/{app}/stops",
  access: { resource: "app", action: "stop" },
  summary: "Stops the instances of a type, or one; they stay stopped until they are started or released anew.",
  request: { params: appParams, headers: intentHeaders, body: jsonBody(stopRequestSchema) },
  responses: ACCEPTED,
});

/** `portside ps`, `ps:scale`, `ps:restart`, `ps:start`, `ps:stop`. */
export function addPsRoutes(table: RouteTable, { control }: ApiContext): void {
  table.add(instances, (c) => {
    const details = control.app(knownAppName(c.req.valid("param").app));
    return c.json({ instances: details.instances.map(instanceView) }, 200);
  });
  table.add(inspect, async (c) => {
    const { app, instance } = c.req.valid("param");
    const name = knownAppName(app);
    return c.json(instanceDetail(await control.inspect(name, instancePlace(name, instance))), 200);
  });
  table.add(scale, (c) => {
    const { formation } = c.req.valid("json");
    for (const type of Object.keys(formation)) processType(type);
    return accepted(c, control.scale(knownAppName(c.req.valid("param").app), formation, intentOf(c)));
  });
  table.add(restart, (c) => {
    const which = checkedChoice(c.req.valid("json"));
    return accepted(c, control.restart(knownAppName(c.req.valid("param").app), which, intentOf(c)));
  });
  table.add(start, (c) => {
    const which = checkedChoice(c.req.valid("json"));
    return accepted(c, control.start(knownAppName(c.req.valid("param").app), which, intentOf(c)));
  });
  table.add(stop, (c) => {
    const { type, number } = c.req.valid("json");
    const which = { type: processType(type), ...(number === undefined ? {} : { number }) };
    return accepted(c, control.stop(knownAppName(c.req.valid("param").app), which, intentOf(c)));
  });
}

function checkedChoice({ type, number }: RestartRequest): InstanceChoice {
  if (type === undefined && number !== undefined)
    throw new PortsideError("E_REQUEST_INVALID", { problem: "`number` needs a `type`" });
  return {
    ...(type === undefined ? {} : { type: processType(type) }),
    ...(number === undefined ? {} : { number }),
  };
}
