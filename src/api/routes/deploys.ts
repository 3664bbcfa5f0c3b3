import { PortsideError } from "../../model/error-registry.ts";
import { deployRequestSchema } from "../../wire/apps.ts";
import { ACCEPTED, defineRoute, jsonBody } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { intentHeaders, intentOf } from "../intent.ts";
import { appParams, checkedAppPath, checkedDigest, newAppName } from "../params.ts";
import { accepted } from "../respond.ts";

const deploy = defineRoute({
  method: "post",
  path: "/v1/apps/{app}/deploys",
  access: { resource: "app", action: "deploy" },
  summary: "Deploys an uploaded source; makes the app where there is none.",
  request: { params: appParams, headers: intentHeaders, body: jsonBody(deployRequestSchema) },
  responses: ACCEPTED,
});

/** `portside deploy`. */
export function addDeployRoutes(table: RouteTable, { control }: ApiContext): void {
  table.add(deploy, (c) => {
    const { source, origin, takeOver, path: rawPath, buildpacks } = c.req.valid("json");
    if (origin.includes("\0"))
      throw new PortsideError("E_REQUEST_INVALID", { problem: "`origin` has a NUL character" });
    const app = newAppName(c.req.valid("param").app);
    const order = {
      ...{ app, source: checkedDigest(source), origin, takeOver },
      ...(rawPath === undefined ? {} : { path: checkedAppPath(rawPath) }),
      ...(buildpacks === undefined ? {} : { buildpacks }),
    };
    return accepted(c, control.deploy(order, intentOf(c)));
  });
}
