import { revealAll, secret } from "../../lib/secret.ts";
import type { Secret } from "../../lib/secret.ts";
import { visibleExcerpt } from "../../lib/visible-text.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { configPatchSchema, configSchema } from "../../wire/apps.ts";
import { ACCEPTED, defineRoute, jsonAnswer, jsonBody } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { intentHeaders, intentOf } from "../intent.ts";
import { appParams, knownAppName } from "../params.ts";
import { accepted } from "../respond.ts";

const reveal = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/config",
  access: { resource: "config", action: "reveal" },
  summary: "The app's config variables, values in clear.",
  request: { params: appParams },
  responses: { 200: jsonAnswer(configSchema, "The values by name.") },
});

const change = defineRoute({
  method: "patch",
  path: "/v1/apps/{app}/config",
  access: { resource: "config", action: "write" },
  summary: "Sets and, by null, unsets config variables, in one release.",
  request: { params: appParams, headers: intentHeaders, body: jsonBody(configPatchSchema) },
  responses: ACCEPTED,
});

/** `portside config`, `config:get`, `config:set`, `config:unset`. */
export function addConfigRoutes(table: RouteTable, { control, log }: ApiContext): void {
  table.add(reveal, (c) => {
    const app = knownAppName(c.req.valid("param").app);
    const values = control.config(app);
    // security.md rule 6: that somebody saw them is recorded.
    log({
      level: "info",
      msg: "config values shown",
      request: c.get("requestNumber"),
      app,
      by: c.get("principal")?.kind,
    });
    return c.json({ values: revealAll(values, "answer to a caller with config:reveal") }, 200);
  });
  table.add(change, (c) => {
    const entries = Object.entries(c.req.valid("json").values);
    const values = Object.fromEntries(
      entries.map(([name, value]) => [name, value === null ? null : wellFormed(name, value)]),
    );
    return accepted(c, control.setConfig(knownAppName(c.req.valid("param").app), values, intentOf(c)));
  });
}

/** Half a surrogate pair has no bytes, so it could not arrive at the app as it was sent (contract §4). E_CONFIG_VALUE. */
function wellFormed(name: string, value: string): Secret {
  if (value.isWellFormed()) return secret(value);
  throw new PortsideError("E_CONFIG_VALUE", { name: visibleExcerpt(name), problem: "has half of a surrogate pair" });
}
