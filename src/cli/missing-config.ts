import { join } from "node:path";
import type { AppName } from "../model/app.ts";
import type { ConfigPatch, ConfigView } from "../wire/apps.ts";
import type { BuildSettingsView } from "../wire/buildpacks.ts";
import type { CommandContext } from "./command.ts";
import type { Ending } from "./run-operation.ts";

/**
 * After a deploy that stopped for missing config, on a terminal: asks for each required variable and sets what was typed.
 * False when there is nothing to ask, nobody to ask, or an answer stayed empty. Contract §4.
 */
export async function askForMissingConfig(
  context: CommandContext,
  target: { readonly directory: string; readonly app: AppName },
  ending: Ending,
): Promise<boolean> {
  const { ask, client, signal, screen } = context;
  if (ending.event.failure?.code !== "E_ENV_MISSING" || ask === undefined) return false;
  const held = await client.get<ConfigView>(`/v1/apps/${target.app}/config`, signal);
  const values: Record<string, string> = {};
  screen.line("");
  const { path } = await client.get<BuildSettingsView>(`/v1/apps/${target.app}/buildpacks`, signal);
  for (const { name, description } of await requiredConfig(join(target.directory, path))) {
    if (Object.hasOwn(held.values, name)) continue;
    const value = await ask(`  ${name}${description === undefined ? "" : ` (${description})`}: `);
    if (value === "") return false;
    values[name] = value;
  }
  if (Object.keys(values).length === 0) return false;
  const body: ConfigPatch = { values };
  // The deploy that follows waits behind this change: an app's operations run one after the other.
  await client.send("PATCH", `/v1/apps/${target.app}/config`, { body, signal });
  return true;
}

/** Declared as required, without a value or a generator, in the file's order. */
async function requiredConfig(
  directory: string,
): Promise<readonly { readonly name: string; readonly description?: string }[]> {
  const { readAppContract } = await import("../contract/app-contract.ts");
  const { value } = await readAppContract(directory);
  return Object.entries(value.appJson.env ?? {})
    .filter(([, declared]) => declared.required && declared.value === undefined && declared.generator === undefined)
    .map(([name, { description }]) => ({ name, ...(description === undefined ? {} : { description }) }));
}
