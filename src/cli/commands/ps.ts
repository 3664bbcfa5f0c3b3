import type { InstanceList } from "../../wire/apps.ts";
import { chooseApp } from "../app-choice.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { instanceTable } from "../output/instance-table.ts";

/** `portside ps`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal, clock } = context;
  const app = await chooseApp(context, input);
  const { instances } = await client.get<InstanceList>(`/v1/apps/${app}/instances`, signal);
  screen.result(instances, () =>
    instances.length === 0 ? [`${app} has no instance`] : instanceTable(screen.style, instances, clock.now()),
  );
  return 0;
}
