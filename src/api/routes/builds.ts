import type { OperationEvent } from "../../model/operation.ts";
import { buildListSchema, buildOutputSchema, buildSchema, type BuildOutput } from "../../wire/builds.ts";
import { defineRoute, jsonAnswer } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { appParams, buildNumber, buildParams, knownAppName } from "../params.ts";
import { buildView } from "../views.ts";

const list = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/builds",
  access: { resource: "build", action: "read" },
  summary: "The app's last 100 builds, newest first.",
  request: { params: appParams },
  responses: { 200: jsonAnswer(buildListSchema, "The builds.") },
});

const show = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/builds/{number}",
  access: { resource: "build", action: "read" },
  summary: "One build: what it took and how it ended; `latest` is the newest.",
  request: { params: buildParams },
  responses: { 200: jsonAnswer(buildSchema, "The build.") },
});

const output = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/builds/{number}/output",
  access: { resource: "build", action: "read" },
  summary: "The output of a build until now; its operation's events go on with it.",
  request: { params: buildParams },
  responses: { 200: jsonAnswer(buildOutputSchema, "The build and its output, in order.") },
});

/** `portside builds`, `builds:info`, `builds:output`. */
export function addBuildRoutes(table: RouteTable, { control }: ApiContext): void {
  table.add(list, (c) =>
    c.json({ builds: control.builds(knownAppName(c.req.valid("param").app)).map(buildView) }, 200),
  );
  table.add(show, (c) => {
    const { app, number } = c.req.valid("param");
    return c.json(buildView(control.build(knownAppName(app), buildNumber(app, number))), 200);
  });
  table.add(output, (c) => {
    const { app, number } = c.req.valid("param");
    const build = control.build(knownAppName(app), buildNumber(app, number));
    const events = control.buildOutput(build.app, build.number).flatMap(outputEvent);
    return c.json({ build: buildView(build), events }, 200);
  });
}

function outputEvent(event: OperationEvent): BuildOutput["events"] {
  if (event.type === "output") return [{ type: "output", at: event.at, source: event.source, text: event.text }];
  if (event.type !== "section") return [];
  const durationMs = event.state === "started" ? null : event.durationMs;
  return [{ type: "section", at: event.at, name: event.name, state: event.state, durationMs }];
}
