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
    kind: z.enum(["deploy", "config", "scale", "restart", "start", "stop", "rollback", "destroy", "settings"]),
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
    /** Who asked for it: the door they came through and the OS user the client names. */
    by: z.object({ via: z.enum(["socket", "token", "platform"]), user: z.string().nullable() }),
    /** Why, in their words. */
    message: z.string().nullable(),
    /** Why it went on although the app was frozen. */
    overrideReason: z.string().nullable(),
    endedAt: z.iso.datetime().nullable(),
    release: z.number().int().nullable(),
    failure: operationFailureSchema.nullable(),
  })
  .meta({ id: "Operation" });
export type OperationView = z.infer<typeof operationSchema>;

/** One step as it went; `endedAt` and `outcome` are null while it runs. */
export const operationStepSchema = z
  .object({
    step: z.string(),
    undo: z.boolean(),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    outcome: z.enum(["done", "skipped", "failed", "undone"]).nullable(),
    detail: z.string(),
    warnings: z.array(z.string()),
    failure: operationFailureSchema.nullable(),
  })
  .meta({ id: "OperationStep" });

/** `GET /v1/operations/{id}`: with its steps in the order they began. */
export const operationDetailSchema = operationSchema
  .extend({ steps: z.array(operationStepSchema) })
  .meta({ id: "OperationDetail" });
export type OperationDetail = z.infer<typeof operationDetailSchema>;

/** `GET /v1/operations`: newest first. */
export const operationListSchema = z.object({ operations: z.array(operationSchema) }).meta({ id: "OperationList" });
export type OperationList = z.infer<typeof operationListSchema>;
