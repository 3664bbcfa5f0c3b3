import * as z from "zod";

export const operationFailureSchema = z
  .object({
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    step: z.string().optional(),
    evidence: z.array(z.string()),
  })
  .meta({ id: "OperationFailure" });

/** An operation. Its events are a stream of the model's `OperationEvent`s (`GET /v1/operations/{id}/events`): `id` is `seq`,
 * `event` is `type`, data is the JSON; the stream ends after `ended`, and `Last-Event-ID` goes on behind that event. `at` stays in
 * milliseconds, as recorded. Should the server fail in the middle, the last event is `problem` with a `Problem`.
 */
export const operationSchema = z
  .object({
    id: z.number().int(),
    app: z.string(),
    kind: z.enum(["deploy", "config", "scale", "restart", "rollback", "destroy"]),
    status: z.enum([
      "waiting",
      "running",
      "undoing",
      "succeeded",
      "unchanged",
      "hookFailed",
      "failed",
      "cancelled",
      "superseded",
    ]),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    release: z.number().int().nullable(),
    failure: operationFailureSchema.nullable(),
  })
  .meta({ id: "Operation" });
export type OperationView = z.infer<typeof operationSchema>;
