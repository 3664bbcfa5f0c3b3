import * as z from "zod";

const checkSchema = z.object({
  /** `GET /health`, or the name that app.json gives it. */
  name: z.string(),
  type: z.enum(["startup", "readiness", "liveness"]),
  /** Nobody declared it. */
  isDefault: z.boolean(),
  /** A failure is only reported. */
  warn: z.boolean(),
});

/** What a check of one instance came to last. */
const checkStateSchema = z.object({
  /** `web.1`. */
  instance: z.string(),
  state: z.enum(["passing", "failing"]),
  attempts: z.number().int(),
  detail: z.string(),
  at: z.iso.datetime(),
});

/** A check and what each instance shows. */
export const checkViewSchema = checkSchema.extend({ results: z.array(checkStateSchema) });
export type CheckView = z.infer<typeof checkViewSchema>;

/** `GET /v1/apps/{app}/checks`: by type in Procfile order, checks as the file has them, what each instance shows. */
export const checkListSchema = z
  .object({
    types: z.array(
      z.object({
        type: z.string(),
        checks: z.array(checkViewSchema),
      }),
    ),
  })
  .meta({ id: "CheckList" });
export type CheckList = z.infer<typeof checkListSchema>;

/** An event `result` of `GET /v1/apps/{app}/checks/run`: one check of one instance, carried out just now. */
export const checkRunSchema = checkSchema
  .extend({
    instance: z.string(),
    passed: z.boolean(),
    attempts: z.number().int(),
    detail: z.string(),
    durationMs: z.number(),
  })
  .meta({ id: "CheckRun" });
export type CheckRunView = z.infer<typeof checkRunSchema>;
