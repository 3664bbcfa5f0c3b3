import { startDetached } from "../../lib/detached.ts";
import { PortsideError } from "../../model/error-registry.ts";
import type { AppDetail } from "../../wire/apps.ts";
import { chooseApp } from "../app-choice.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { CliError } from "../failure.ts";
import { visible } from "../output/text.ts";

/** A launcher that has no browser says so within this time; one that runs on has found one. */
const LAUNCH_MS = 2_000;
const POLL_MS = 25;

/** `portside open`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { client, screen, signal } = context;
  const app = await chooseApp(context, input);
  const { url } = await client.get<AppDetail>(`/v1/apps/${app}`, signal);
  if (url === null)
    throw new CliError({
      code: "E_BROWSER",
      message: `\`${app}\` has no URL: no process type of it gets requests.`,
      hint: "Add a `web` line to its Procfile.",
      exit: 1,
    });
  screen.result({ url }, () => [visible(url)]);
  const problem = await launch(context, url);
  if (problem !== undefined) throw new PortsideError("E_BROWSER", { url }, { evidence: [problem] });
  return 0;
}

/** Hands the address to the desktop. Gives what went wrong, or `undefined`. */
async function launch({ environment, clock, signal }: CommandContext, url: string): Promise<string | undefined> {
  // Only a web address may reach a program that opens anything.
  if (!/^https?:$/.test(new URL(url).protocol)) return `${url} is no web address`;
  const opener = environment.platform === "darwin" ? "open" : "xdg-open";
  try {
    const program = await startDetached([opener, new URL(url).href], {
      cwd: environment.home,
      env: environment.childEnv,
    });
    for (let waitedMs = 0; waitedMs < LAUNCH_MS && program.ended() === undefined; waitedMs += POLL_MS)
      await clock.sleep(POLL_MS, signal);
    const ended = program.ended();
    return ended === undefined || ended.code === 0
      ? undefined
      : `${opener} ended with ${ended.signal ?? `exit code ${ended.code}`}`;
  } catch (error) {
    if (signal.aborted) throw error;
    return `${opener} could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}
