import * as z from "zod";

/** Every error answer (application/problem+json, RFC 9457). `code` is one of the error registry; `exit` is what a CLI should end with. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string(),
    hint: z.string(),
    exit: z.number().int(),
    evidence: z.array(z.string()).default([]),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof problemSchema>;

export const PROBLEM_CONTENT_TYPE = "application/problem+json";
