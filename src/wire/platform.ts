import * as z from "zod";

/** `GET /v1/status`: the platform itself. */
export const platformStatusSchema = z
  .object({
    version: z.string(),
    pid: z.number().int(),
    home: z.string(),
    startedAt: z.iso.datetime(),
    engine: z.string(),
    /** Loopback address of this API, for clients that cannot use the Unix socket. */
    apiUrl: z.string(),
    /** `stopping` once a shutdown was asked for. */
    state: z.enum(["running", "stopping"]),
    edge: z.object({
      state: z.enum(["serving", "starting", "down"]),
      port: z.number().int().nullable(),
      /** The port that was asked for; differs from `port` when that one was taken. */
      wantedPort: z.number().int(),
      pid: z.number().int().nullable(),
      tableVersion: z.number().int(),
    }),
    appCount: z.number().int(),
  })
  .meta({ id: "PlatformStatus" });
export type PlatformStatus = z.infer<typeof platformStatusSchema>;

/** `POST /v1/shutdown`: instances are stopped too unless `keepInstances`. */
export const shutdownRequestSchema = z
  .strictObject({ keepInstances: z.boolean().default(false) })
  .meta({ id: "ShutdownRequest" });
export type ShutdownRequest = z.input<typeof shutdownRequestSchema>;
