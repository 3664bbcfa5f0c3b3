import * as z from "zod";

const references = z.array(z.string().max(4096)).max(50);

/** `GET`, `PUT /v1/apps/{app}/buildpacks`: what the app's owner named; empty leaves it to the app's files. */
export const buildSettingsSchema = z
  .object({
    buildpacks: z.array(z.string()),
    /** The app's directory in its source; empty: all of it. */
    path: z.string(),
  })
  .meta({ id: "BuildSettings" });
export type BuildSettingsView = z.infer<typeof buildSettingsSchema>;

/** `PUT /v1/apps/{app}/buildpacks`: the whole list, in order. */
export const buildpackSettingSchema = z.strictObject({ buildpacks: references }).meta({ id: "BuildpackSetting" });
export type BuildpackSetting = z.infer<typeof buildpackSettingSchema>;

const knownBuildpackSchema = z
  .object({
    id: z.string(),
    version: z.string(),
    name: z.string().nullable(),
    /** Other names it can be called by. */
    aliases: z.array(z.string()),
    /** What it was installed from, and when; null for Portside's own. */
    installed: z.object({ from: z.string(), at: z.iso.datetime() }).nullable(),
  })
  .meta({ id: "KnownBuildpack" });
export type KnownBuildpackView = z.infer<typeof knownBuildpackSchema>;

/** `GET /v1/buildpacks`: Portside's own, then the installed ones by id. */
export const knownBuildpacksSchema = z
  .object({ buildpacks: z.array(knownBuildpackSchema) })
  .meta({ id: "KnownBuildpacks" });
export type KnownBuildpacksView = z.infer<typeof knownBuildpacksSchema>;

/** `POST /v1/buildpacks`: an absolute path on the server, or an address. */
export const buildpackInstallSchema = z
  .strictObject({ reference: z.string().max(4096) })
  .meta({ id: "BuildpackInstall" });
export type BuildpackInstall = z.infer<typeof buildpackInstallSchema>;

/** What was installed, or removed: the buildpack itself first, then what came in its package. */
export const installedBuildpacksSchema = z
  .object({
    buildpacks: z.array(z.object({ id: z.string(), version: z.string(), from: z.string(), digest: z.string() })),
  })
  .meta({ id: "InstalledBuildpacks" });
export type InstalledBuildpacksView = z.infer<typeof installedBuildpacksSchema>;
