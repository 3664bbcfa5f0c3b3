import * as z from "zod";

/**
 * `GET /v1/apps/{app}/logs`: the last `num` lines, oldest first; as JSON, or with `Accept: text/event-stream` as a stream
 * of events `line` (`id` is the line's, data is a `LogLineView`), and then with `tail=true` new ones as they come.
 * `Last-Event-ID` goes on behind that line and leaves `num` aside.
 */
export const logQuerySchema = z.object({
  num: z.coerce.number<string>().int().min(0).max(10_000).default(100).meta({ type: "integer" }),
  /** `web`, `web.1`, `router`. */
  ps: z.string().max(100).optional(),
  tail: z.enum(["true", "false"]).default("false"),
});

/** `at` has microseconds: `2026-01-01T00:00:00.123456+00:00`. */
export const logLineSchema = z
  .object({ id: z.number().int(), at: z.string(), source: z.string(), text: z.string() })
  .meta({ id: "LogLine" });
export type LogLineView = z.infer<typeof logLineSchema>;

export const logLinesSchema = z.object({ lines: z.array(logLineSchema) }).meta({ id: "LogLines" });
export type LogLines = z.infer<typeof logLinesSchema>;
