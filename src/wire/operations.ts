import * as z from "zod";
import type { OperationEvent } from "../model/operation.ts";

export const operationFailureSchema = z
  .object({
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    step: z.string().optional(),
    evidence: z.array(z.string()),
  })
  .meta({ id: "OperationFailure" });

export const operationSchema = z
  .object({
    id: z.number().int(),
    app: z.string(),
    kind: z.enum(["deploy", "config", "scale", "restart", "rollback", "destroy"]),
    status: z.enum(["waiting", "running", "undoing", "succeeded", "unchanged", "failed", "cancelled", "superseded"]),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    release: z.number().int().nullable(),
    failure: operationFailureSchema.nullable(),
  })
  .meta({ id: "Operation" });
export type OperationView = z.infer<typeof operationSchema>;

/**
 * `GET /v1/operations/{id}/events` is a stream of these as server-sent events: `id` is `seq`, `event` is `type`, data is the JSON.
 * It ends after `ended`; `Last-Event-ID` goes on behind that event. `at` stays in milliseconds, as recorded.
 * Should the server fail in the middle, the last event is `problem` with a `Problem`.
 */
export type OperationEventView = OperationEvent;
