import * as z from "zod";
import type { CheckRun } from "../../model/check-result.ts";
import type { ServerSentEvent } from "../../lib/sse.ts";
import { checkListSchema, type CheckRunView } from "../../wire/checks.ts";
import { defineRoute, jsonAnswer } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { appParams, instanceChoice, knownAppName } from "../params.ts";
import { checkView } from "../views.ts";

const checks = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/checks",
  access: { resource: "instance", action: "read" },
  summary: "The health checks of each process type, and what its instances show.",
  request: { params: appParams },
  responses: { 200: jsonAnswer(checkListSchema, "By type in Procfile order.") },
});

const run = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/checks/run",
  access: { resource: "instance", action: "read" },
  summary: "Carries out health checks now, of all instances, those of a type, or one; nothing follows from them.",
  request: { params: appParams, query: z.object({ ps: z.string().max(100).optional() }).strict() },
  responses: {
    200: {
      description:
        "Server-sent events `result`, each a `CheckRun` as JSON, as the checks end; the stream ends with the last.",
      content: { "text/event-stream": { schema: z.string() } },
    },
  },
});

/** `portside checks`, `checks:run`. */
export function addCheckRoutes(table: RouteTable, { control, streams }: ApiContext): void {
  table.add(checks, (c) => {
    const types = control.checks(knownAppName(c.req.valid("param").app));
    return c.json({ types: types.map(({ type, checks: all }) => ({ type, checks: all.map(checkView) })) }, 200);
  });
  table.add(run, (c) => {
    const app = knownAppName(c.req.valid("param").app);
    const { ps } = c.req.valid("query");
    const choice = ps === undefined ? {} : instanceChoice(ps);
    const over = new AbortController();
    const runs = control.runChecks(app, choice, over.signal);
    return streams.respond({ raw: c.req.raw, number: c.get("requestNumber") }, (signal) => {
      signal.addEventListener("abort", () => over.abort(new Error("the reader went away")), { once: true });
      return eventsOf(runs);
    });
  });
}

async function* eventsOf(runs: AsyncIterable<CheckRun>): AsyncGenerator<ServerSentEvent> {
  for await (const one of runs) {
    const view: CheckRunView = one;
    yield { event: "result", data: JSON.stringify(view) };
  }
}
