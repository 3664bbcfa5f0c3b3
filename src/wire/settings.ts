import * as z from "zod";

/** `GET /v1/apps/{app}/settings`. */
export const settingsSchema = z
  .object({
    /** Whether a deploy runs the app's tests. */
    tests: z.boolean(),
    /** The freeze in force; null when there is none. */
    freeze: z
      .object({
        reason: z.string(),
        by: z.string(),
        since: z.iso.datetime(),
        /** Null: until it is lifted. */
        until: z.iso.datetime().nullable(),
      })
      .nullable(),
  })
  .meta({ id: "Settings" });
export type SettingsView = z.infer<typeof settingsSchema>;

/** `PATCH /v1/apps/{app}/settings`: what is absent stays; `freeze: null` lifts it. */
export const settingsPatchSchema = z
  .strictObject({
    tests: z.boolean().optional(),
    freeze: z
      .strictObject({ reason: z.string().trim().min(1).max(500), until: z.iso.datetime({ offset: true }).optional() })
      .nullable()
      .optional(),
  })
  .meta({ id: "SettingsPatch" });
export type SettingsPatch = z.input<typeof settingsPatchSchema>;
