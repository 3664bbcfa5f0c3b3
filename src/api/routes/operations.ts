import * as z from "zod";
import type { ServerSentEvent } from "../../lib/sse.ts";
import type { OperationEvent } from "../../model/operation.ts";
import { operationSchema } from "../../wire/operations.ts";
import { ACCEPTED, defineRoute, jsonAnswer } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { lastEventId, operationId, operationParams, streamHeaders } from "../params.ts";
import { accepted } from "../respond.ts";
import { operationView } from "../views.ts";

const show = defineRoute({
  method: "get",
  path: "/v1/operations/{id}",
  access: { resource: "operation", action: "read" },
  summary: "One operation: what it does, how far it is, why it failed.",
  request: { params: operationParams },
  responses: { 200: jsonAnswer(operationSchema, "The operation.") },
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
  table.add(show, (c) => c.json(operationView(control.operation(operationId(c.req.valid("param").id))), 200));
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
