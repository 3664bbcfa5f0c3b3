import { resolve } from "node:path";
import { PortsideError } from "../../model/error-registry.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { deployFolder, deployTarget } from "../deploy-flow.ts";
import { concludeOperation } from "../operation-outcome.ts";
import { serverStatus } from "../server-process.ts";

/** `portside deploy`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { userDirectory } = context.environment;
  const target = deployTarget(resolve(userDirectory, input.arguments[0] ?? "."), input);
  const status = await serverStatus(context);
  if (status === undefined) throw new PortsideError("E_SERVER_DOWN");
  const ending = await deployFolder(context, target, status.engine);
  await concludeOperation(context, ending, {
    app: target.app,
    done: (v) => `Deployed ${v}`,
    unchanged: `${target.app} is unchanged`,
    showUrl: true,
  });
  return 0;
}
