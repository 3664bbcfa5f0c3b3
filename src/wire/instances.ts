import * as z from "zod";
import { instanceSchema } from "./apps.ts";
import { checkViewSchema } from "./checks.ts";

/** `GET /v1/apps/{app}/instances/{instance}`: everything about one instance. */
export const instanceDetailSchema = instanceSchema
  .extend({
    command: z.string(),
    /** Seconds from SIGTERM to SIGKILL. */
    stopTimeoutS: z.number(),
    /** Names alone, sorted. */
    configNames: z.array(z.string()),
    checks: z.array(checkViewSchema),
    /** `0.0.0.0:5000`. */
    listeners: z.array(z.string()),
    processes: z.array(
      z.object({
        pid: z.number().int(),
        parentPid: z.number().int(),
        command: z.string(),
        cpuMs: z.number(),
        memoryBytes: z.number(),
      }),
    ),
    /** Oldest first, the last minutes. `cpuMs` counts from the start. */
    history: z.array(z.object({ at: z.iso.datetime(), memoryBytes: z.number(), cpuMs: z.number() })),
  })
  .meta({ id: "InstanceDetail" });
export type InstanceDetail = z.infer<typeof instanceDetailSchema>;
