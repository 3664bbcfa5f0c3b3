import { releaseDetailSchema, releaseListSchema, rollbackRequestSchema } from "../../wire/apps.ts";
import { releaseDiffSchema } from "../../wire/storage.ts";
import { ACCEPTED, defineRoute, jsonAnswer, jsonBody } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { intentHeaders, intentOf } from "../intent.ts";
import { appParams, knownAppName, releaseDiffParams, releaseNumber, releaseParams } from "../params.ts";
import { accepted } from "../respond.ts";
import { releaseDetail, releaseDiffView, releaseView } from "../views.ts";

const list = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/releases",
  access: { resource: "release", action: "read" },
  summary: "The app's releases, newest first.",
  request: { params: appParams },
  responses: { 200: jsonAnswer(releaseListSchema, "The releases.") },
});

const show = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/releases/{number}",
  access: { resource: "release", action: "read" },
  summary: "One release: what it runs.",
  request: { params: releaseParams },
  responses: { 200: jsonAnswer(releaseDetailSchema, "The release.") },
});

const diff = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/releases/{from}/diff/{to}",
  access: { resource: "release", action: "read" },
  summary: "How two releases differ; of the config names alone.",
  request: { params: releaseDiffParams },
  responses: { 200: jsonAnswer(releaseDiffSchema, "What came, went and changed.") },
});

const rollback = defineRoute({
  method: "post",
  path: "/v1/apps/{app}/rollbacks",
  access: { resource: "app", action: "rollback" },
  summary: "Makes a new release of an earlier one's artifact and config.",
  request: { params: appParams, headers: intentHeaders, body: jsonBody(rollbackRequestSchema) },
  responses: ACCEPTED,
});

/** `portside releases`, `rollback`. */
export function addReleaseRoutes(table: RouteTable, { control }: ApiContext): void {
  table.add(list, (c) =>
    c.json({ releases: control.releases(knownAppName(c.req.valid("param").app)).map(releaseView) }, 200),
  );
  table.add(show, (c) => {
    const { app, number } = c.req.valid("param");
    const name = knownAppName(app);
    return c.json(releaseDetail(control.release(name, releaseNumber(name, number))), 200);
  });
  table.add(diff, (c) => {
    const { app, from, to } = c.req.valid("param");
    const name = knownAppName(app);
    return c.json(releaseDiffView(control.releaseDiff(name, releaseNumber(name, from), releaseNumber(name, to))), 200);
  });
  table.add(rollback, (c) =>
    accepted(c, control.rollback(knownAppName(c.req.valid("param").app), c.req.valid("json").release, intentOf(c))),
  );
}
