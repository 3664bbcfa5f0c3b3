import * as z from "zod";

/** A run of buildpacks. Its output is among the events of its operation: those of step `build` with type `output` or `section`. */
export const buildSchema = z
  .object({
    /** 1, 2, 3 … within the app. */
    number: z.number().int(),
    operation: z.number().int(),
    status: z.enum(["waiting", "running", "succeeded", "failed", "cancelled", "interrupted"]),
    queuedAt: z.iso.datetime(),
    /** Null while it waits for its turn. */
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    /** The phase it reached: `detect`, `restore`, `build`, `export`. */
    phase: z.string().nullable(),
    /** Buildpacks in order, as `portside/nodejs 1.0.0`. */
    sections: z.array(z.object({ name: z.string(), durationMs: z.number().int(), failed: z.boolean() })),
    artifact: z.string().nullable(),
    sizeBytes: z.number().int().nullable(),
    /** Null where the machine does not tell. */
    memoryPeakBytes: z.number().int().nullable(),
    cpuMs: z.number().int().nullable(),
    oomKillCount: z.number().int(),
    /** How it was held: `namespaces`, `user-namespaces`, `processes`. */
    confinement: z.string().nullable(),
    failure: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  })
  .meta({ id: "Build" });
export type BuildView = z.infer<typeof buildSchema>;

/** `GET /v1/apps/{app}/builds`: newest first, the last 100. */
export const buildListSchema = z.object({ builds: z.array(buildSchema) }).meta({ id: "BuildList" });
export type BuildList = z.infer<typeof buildListSchema>;

const outputLineSchema = z.object({
  type: z.literal("output"),
  /** Milliseconds since the epoch. */
  at: z.number(),
  /** A buildpack's id, `lifecycle` or `queue`. */
  source: z.string(),
  text: z.string(),
});

const outputSectionSchema = z.object({
  type: z.literal("section"),
  at: z.number(),
  name: z.string(),
  state: z.enum(["started", "done", "failed"]),
  durationMs: z.number().nullable(),
});

/** `GET /v1/apps/{app}/builds/{number}/output`: what there is until now, in order; empty when it is no longer kept. */
export const buildOutputSchema = z
  .object({
    build: buildSchema,
    events: z.array(z.discriminatedUnion("type", [outputLineSchema, outputSectionSchema])),
  })
  .meta({ id: "BuildOutput" });
export type BuildOutput = z.infer<typeof buildOutputSchema>;
