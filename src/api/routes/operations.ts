import * as z from "zod";
import type { ServerSentEvent } from "../../lib/sse.ts";
import type { OperationEvent } from "../../model/operation.ts";
import { operationDetailSchema, operationListSchema } from "../../wire/operations.ts";
import { ACCEPTED, defineRoute, jsonAnswer } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { knownAppName, lastEventId, operationId, operationParams, streamHeaders, wholeNumber } from "../params.ts";
import { accepted } from "../respond.ts";
import { operationDetail, operationView } from "../views.ts";

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 500;

const list = defineRoute({
  method: "get",
  path: "/v1/operations",
  access: { resource: "operation", action: "read" },
  summary: "Operations, newest first.",
  request: {
    query: z.object({
      app: z.string().optional().meta({ description: "Only those of this app, which may be gone." }),
      before: z.string().optional().meta({ description: "Only those with a smaller number." }),
      limit: z
        .string()
        .optional()
        .meta({ description: `How many, at most ${LIMIT_MAX}; default ${LIMIT_DEFAULT}.` }),
    }),
  },
  responses: { 200: jsonAnswer(operationListSchema, "The operations.") },
});

const show = defineRoute({
  method: "get",
  path: "/v1/operations/{id}",
  access: { resource: "operation", action: "read" },
  summary: "One operation: what it does, how far it is, why it failed.",
  request: { params: operationParams },
  responses: { 200: jsonAnswer(operationDetailSchema, "The operation and its steps.") },
});

const events = defineRoute({
  method: "get",
  path: "/v1/operations/{id}/events",
  access: { resource: "operation", action: "read" },
  summary: "What happens in an operation, as it happens, from its start.",
  request: { params: operationParams, headers: streamHeaders },
  responses: {
    200: {
      description:
        "Server-sent events, `id` their number, `event` their type, data JSON; the stream ends after `ended`.",
      content: { "text/event-stream": { schema: z.string() } },
    },
  },
});

const cancel = defineRoute({
  method: "post",
  path: "/v1/operations/{id}/cancellation",
  access: { resource: "operation", action: "cancel" },
  summary: "Asks an operation to stop and bring the previous state back.",
  request: { params: operationParams },
  responses: ACCEPTED,
});

/** Every command that changes an app follows its operation here. */
export function addOperationRoutes(table: RouteTable, { control, streams }: ApiContext): void {
  table.add(list, (c) => {
    const { app, before, limit } = c.req.valid("query");
    const operations = control.listOperations({
      limit: wholeNumber(limit, "limit", { min: 1, max: LIMIT_MAX }) ?? LIMIT_DEFAULT,
      ...(app === undefined ? {} : { app: knownAppName(app) }),
      ...(before === undefined ? {} : { before: operationId(before) }),
    });
    return c.json({ operations: operations.map(operationView) }, 200);
  });
  table.add(show, (c) => {
    const id = operationId(c.req.valid("param").id);
    return c.json(operationDetail(control.operation(id), control.operationSteps(id)), 200);
  });
  table.add(events, (c) => {
    const { id } = control.operation(operationId(c.req.valid("param").id));
    const afterSeq = lastEventId(c.req.valid("header")["last-event-id"]) ?? 0;
    return streams.respond({ raw: c.req.raw, number: c.get("requestNumber") }, (signal) =>
      eventsOf(control.operationEvents(id, afterSeq, signal)),
    );
  });
  table.add(cancel, (c) => accepted(c, control.cancel(operationId(c.req.valid("param").id))));
}

async function* eventsOf(events: AsyncIterable<OperationEvent>): AsyncGenerator<ServerSentEvent> {
  for await (const event of events) yield { id: String(event.seq), event: event.type, data: JSON.stringify(event) };
}
