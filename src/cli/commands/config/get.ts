import { PortsideError } from "../../../model/error-registry.ts";
import type { ConfigView } from "../../../wire/apps.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { visible } from "../../output/text.ts";

/** `portside config:get`: byte for byte in a pipe, harmless on a terminal. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const [name = ""] = input.arguments;
  const app = await chooseApp(context, input);
  const { values } = await client.get<ConfigView>(`/v1/apps/${app}/config`, signal);
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value === undefined) throw new PortsideError("E_CONFIG_UNKNOWN", { app, name });
  if (screen.isJson) screen.result({ [name]: value }, () => []);
  else screen.raw(`${screen.isTerminal ? visible(value) : value}\n`);
  return 0;
}
