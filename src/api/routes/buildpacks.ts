import * as z from "zod";
import { isoTime } from "../../lib/clock.ts";
import {
  buildpackInstallSchema,
  buildpackSettingSchema,
  buildSettingsSchema,
  installedBuildpacksSchema,
  knownBuildpacksSchema,
} from "../../wire/buildpacks.ts";
import { defineRoute, jsonAnswer, jsonBody } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { appParams, buildpackName, knownAppName } from "../params.ts";

const show = defineRoute({
  method: "get",
  path: "/v1/apps/{app}/buildpacks",
  access: { resource: "app", action: "read" },
  summary: "The buildpacks the app's owner named, and the app's directory in its source.",
  request: { params: appParams },
  responses: { 200: jsonAnswer(buildSettingsSchema, "The settings.") },
});

const set = defineRoute({
  method: "put",
  path: "/v1/apps/{app}/buildpacks",
  access: { resource: "app", action: "configure" },
  summary: "Names the app's buildpacks from the next deploy on; an empty list leaves them to the app's files.",
  request: { params: appParams, body: jsonBody(buildpackSettingSchema) },
  responses: { 200: jsonAnswer(buildSettingsSchema, "The settings.") },
});

const known = defineRoute({
  method: "get",
  path: "/v1/buildpacks",
  access: { resource: "platform", action: "read" },
  summary: "The buildpacks that can be named by id: Portside's own, then the installed ones.",
  responses: { 200: jsonAnswer(knownBuildpacksSchema, "The buildpacks.") },
});

const install = defineRoute({
  method: "post",
  path: "/v1/buildpacks",
  access: { resource: "platform", action: "configure" },
  summary: "Installs a buildpack from a directory, an archive or a `.cnb` file of this machine, or from an address.",
  request: { body: jsonBody(buildpackInstallSchema) },
  responses: { 200: jsonAnswer(installedBuildpacksSchema, "What can be named by id from now on.") },
});

const uninstall = defineRoute({
  method: "delete",
  path: "/v1/buildpacks/{name}",
  access: { resource: "platform", action: "configure" },
  summary: "Removes an installed buildpack, `id` or `id@version`.",
  request: { params: z.object({ name: z.string().meta({ description: "Its id, with or without `@version`." }) }) },
  responses: { 200: jsonAnswer(installedBuildpacksSchema, "What was removed.") },
});

/** `portside buildpacks` and its relatives. */
export function addBuildpackRoutes(table: RouteTable, { control }: ApiContext): void {
  table.add(show, (c) => c.json(copied(control.buildSettings(knownAppName(c.req.valid("param").app))), 200));
  table.add(set, (c) => {
    const app = knownAppName(c.req.valid("param").app);
    return c.json(copied(control.setBuildpacks(app, c.req.valid("json").buildpacks)), 200);
  });
  table.add(known, (c) => {
    const buildpacks = control.knownBuildpacks().map(({ id, version, name, aliases, installed }) => ({
      ...{ id, version, name: name ?? null, aliases: [...aliases] },
      installed: installed === undefined ? null : { from: installed.from, at: isoTime(installed.at) },
    }));
    return c.json({ buildpacks }, 200);
  });
  table.add(install, async (c) => {
    const rows = await control.installBuildpack(c.req.valid("json").reference, c.req.raw.signal);
    return c.json({ buildpacks: rows.map(withoutTime) }, 200);
  });
  table.add(uninstall, (c) => {
    const { id, version } = buildpackName(c.req.valid("param").name);
    return c.json({ buildpacks: control.uninstallBuildpack(id, version).map(withoutTime) }, 200);
  });
}

function copied({ buildpacks, path }: { readonly buildpacks: readonly string[]; readonly path: string }): {
  buildpacks: string[];
  path: string;
} {
  return { buildpacks: [...buildpacks], path };
}

type Row = { readonly id: string; readonly version: string; readonly from: string; readonly digest: string };

function withoutTime({ id, version, from, digest }: Row): Row {
  return { id, version, from, digest };
}
