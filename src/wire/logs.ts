import * as z from "zod";

/** `GET /v1/apps/{app}/logs`: the last `num` lines; with `Accept: text/event-stream` and `tail=true` those, then new ones as they come. */
export const logQuerySchema = z.object({
  num: z.coerce.number().int().min(0).max(10_000).default(100),
  /** `web`, `web.1`, `router`. */
  ps: z.string().max(100).optional(),
  tail: z.enum(["true", "false"]).default("false"),
});

export const logLineSchema = z.object({ id: z.number().int(), at: z.string(), source: z.string(), text: z.string() });
export type LogLineView = z.infer<typeof logLineSchema>;

export const logLinesSchema = z.object({ lines: z.array(logLineSchema) });
export type LogLines = z.infer<typeof logLinesSchema>;
