import * as z from "zod";

export const instanceSchema = z
  .object({
    id: z.string(),
    /** `web.1`. */
    name: z.string(),
    type: z.string(),
    number: z.number().int(),
    release: z.number().int(),
    phase: z.enum(["starting", "serving", "draining", "stopping", "stopped", "crashed"]),
    /** False while a readiness check keeps it out of the routes. */
    ready: z.boolean(),
    port: z.number().int().nullable(),
    startedAt: z.iso.datetime(),
    restarts: z.number().int(),
    /** How it ended last, in words; null while it runs. */
    exit: z.string().nullable(),
    /** 100: one processor, all of the time. Null when it does not run or that is not known. */
    cpuPercent: z.number().nullable(),
    /** Resident memory of all its processes. */
    memoryBytes: z.number().nullable(),
  })
  .meta({ id: "Instance" });
export type InstanceView = z.infer<typeof instanceSchema>;

export const appSchema = z
  .object({
    name: z.string(),
    origin: z.string(),
    createdAt: z.iso.datetime(),
    /** Null before the first successful deploy. */
    release: z.number().int().nullable(),
    /** Null when no process type gets routes. */
    url: z.string().nullable(),
    formation: z.record(z.string(), z.number().int()),
    /** Instances that serve, by type. */
    serving: z.record(z.string(), z.number().int()),
    /** The running or waiting operation, if any. */
    operation: z.number().int().nullable(),
  })
  .meta({ id: "App" });
export type AppView = z.infer<typeof appSchema>;

export const appDetailSchema = appSchema
  .extend({
    description: z.string().nullable(),
    buildpacks: z.array(z.object({ id: z.string(), version: z.string() })),
    processes: z.array(z.object({ type: z.string(), command: z.string() })),
    instances: z.array(instanceSchema),
  })
  .meta({ id: "AppDetail" });
export type AppDetail = z.infer<typeof appDetailSchema>;

/** `GET /v1/apps`: by name. */
export const appListSchema = z.object({ apps: z.array(appSchema) }).meta({ id: "AppList" });
export type AppList = z.infer<typeof appListSchema>;

/** `GET /v1/apps/{app}/instances`: not the stopped ones; by type in Procfile order, then number, then start. */
export const instanceListSchema = z.object({ instances: z.array(instanceSchema) }).meta({ id: "InstanceList" });
export type InstanceList = z.infer<typeof instanceListSchema>;

export const releaseSchema = z
  .object({
    number: z.number().int(),
    status: z.enum(["pending", "current", "superseded", "failed"]),
    description: z.string(),
    createdAt: z.iso.datetime(),
    source: z.string(),
    artifact: z.string(),
  })
  .meta({ id: "Release" });
export type ReleaseView = z.infer<typeof releaseSchema>;

/** `GET /v1/apps/{app}/releases/{number}`. */
export const releaseDetailSchema = releaseSchema
  .extend({
    operation: z.number().int(),
    /** Whether its artifact is still stored, so that it can be gone back to. */
    isStored: z.boolean(),
    /** Names of its config variables. */
    config: z.array(z.string()),
    formation: z.record(z.string(), z.number().int()),
    /** In words, by process type. */
    limits: z.record(z.string(), z.string()),
    maxParallel: z.record(z.string(), z.number().int()),
    /** Names of the hooks it has. */
    hooks: z.array(z.string()),
  })
  .meta({ id: "ReleaseDetail" });
export type ReleaseDetail = z.infer<typeof releaseDetailSchema>;

/** `GET /v1/apps/{app}/releases`: newest first. */
export const releaseListSchema = z.object({ releases: z.array(releaseSchema) }).meta({ id: "ReleaseList" });
export type ReleaseList = z.infer<typeof releaseListSchema>;

/** `POST /v1/apps/{app}/deploys`. */
export const deployRequestSchema = z
  .strictObject({
    /** `sha256:…` of a source the server has. */
    source: z.string(),
    /** The folder it came from, for people. */
    origin: z.string().max(4096),
    /** False: refuse when the app exists and came from another folder (E_APP_NAME_TAKEN). */
    takeOver: z.boolean(),
    /** From now on the app's directory in its source; `.` is all of it. Absent: as before. */
    path: z.string().max(1024).optional(),
    /** Buildpacks for this deploy alone, in order. */
    buildpacks: z.array(z.string().max(4096)).max(50).optional(),
  })
  .meta({ id: "DeployRequest" });
export type DeployRequest = z.infer<typeof deployRequestSchema>;

/** `POST /v1/apps/{app}/scale`: new counts by type. */
export const scaleRequestSchema = z
  .strictObject({ formation: z.record(z.string(), z.number().int()) })
  .meta({ id: "ScaleRequest" });
export type ScaleRequest = z.infer<typeof scaleRequestSchema>;

/** `POST /v1/apps/{app}/restarts`, `/starts`: all instances, those of a type, or one. */
export const restartRequestSchema = z
  .strictObject({ type: z.string().optional(), number: z.number().int().positive().optional() })
  .meta({ id: "RestartRequest" });
export type RestartRequest = z.infer<typeof restartRequestSchema>;

/** `POST /v1/apps/{app}/stops`: the instances of a type, or one. */
export const stopRequestSchema = z
  .strictObject({ type: z.string(), number: z.number().int().positive().optional() })
  .meta({ id: "StopRequest" });
export type StopRequest = z.infer<typeof stopRequestSchema>;

/** `POST /v1/apps/{app}/rollbacks`: to the release before the current one, or to a given one. */
export const rollbackRequestSchema = z
  .strictObject({ release: z.number().int().positive().optional() })
  .meta({ id: "RollbackRequest" });
export type RollbackRequest = z.infer<typeof rollbackRequestSchema>;

/** `PATCH /v1/apps/{app}/config`: null unsets. One release for all of it. */
export const configPatchSchema = z
  .strictObject({ values: z.record(z.string(), z.string().nullable()) })
  .meta({ id: "ConfigPatch" });
export type ConfigPatch = z.infer<typeof configPatchSchema>;

/** `GET /v1/apps/{app}/config`, values in clear: the route asks for the right to reveal them. */
export const configSchema = z.object({ values: z.record(z.string(), z.string()) }).meta({ id: "Config" });
export type ConfigView = z.infer<typeof configSchema>;
