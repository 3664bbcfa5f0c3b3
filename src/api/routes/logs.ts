import * as z from "zod";
import type { ControlPlane, LogSelection } from "../../control/control-plane.ts";
import type { ServerSentEvent } from "../../lib/sse.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { LogLine } from "../../model/log-line.ts";
import { logLinesSchema, logQuerySchema } from "../../wire/logs.ts";
import { defineRoute } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { appParams, knownAppName, lastEventId, processSelector, streamHeaders } from "../params.ts";
import { logLineView } from "../views.ts";

const logs = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/logs",
  access: { resource: "log", action: "read" },
  summary: "The last log lines, as JSON or as events; with `tail=true` new ones follow.",
  request: { params: appParams, query: logQuerySchema.strict(), headers: streamHeaders },
  responses: {
    200: {
      description: "Oldest first. As server-sent events: `event` is `line`, `id` the line's, data JSON.",
      content: { "application/json": { schema: logLinesSchema }, "text/event-stream": { schema: z.string() } },
    },
  },
});

/** `portside logs`. */
export function addLogRoutes(table: RouteTable, { control, streams }: ApiContext): void {
  table.add(logs, (c) => {
    const { num, ps, tail } = c.req.valid("query");
    const app = control.app(knownAppName(c.req.valid("param").app)).app.name;
    const selection: LogSelection = { app, num, ...(ps === undefined ? {} : { ps: processSelector(ps) }) };
    if (!wantsEvents(c.req.header("accept"))) {
      if (tail === "true")
        throw new PortsideError("E_REQUEST_INVALID", { problem: "`tail` needs `Accept: text/event-stream`" });
      return c.json({ lines: control.logs(selection).map(logLineView) }, 200);
    }
    const afterId = lastEventId(c.req.valid("header")["last-event-id"]);
    const request = { raw: c.req.raw, number: c.get("requestNumber") };
    return streams.respond(request, (signal) =>
      lineEvents(lines(control, { selection, afterId, tail: tail === "true" }, signal)),
    );
  });
}

type Wanted = { readonly selection: LogSelection; readonly afterId: number | undefined; readonly tail: boolean };

async function* lines(
  control: ControlPlane,
  { selection, afterId, tail }: Wanted,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  if (afterId !== undefined) {
    if (tail) yield* control.followLogs(selection, afterId, signal);
    else yield* control.logs(selection).filter((line) => line.id > afterId);
    return;
  }
  // With `num=0` the newest line still says where to go on.
  const recent = control.logs({ ...selection, num: Math.max(selection.num, 1) });
  if (selection.num > 0) yield* recent;
  if (tail) yield* control.followLogs(selection, recent.at(-1)?.id ?? 0, signal);
}

async function* lineEvents(source: AsyncIterable<LogLine>): AsyncGenerator<ServerSentEvent> {
  for await (const line of source)
    yield { id: String(line.id), event: "line", data: JSON.stringify(logLineView(line)) };
}

function wantsEvents(accept: string | undefined): boolean {
  return (accept ?? "").split(",").some((range) => range.split(";")[0]?.trim().toLowerCase() === "text/event-stream");
}
