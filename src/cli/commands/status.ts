import type { EdgeStatus } from "../../model/route-table.ts";
import type { PlatformStatus } from "../../wire/platform.ts";
import type { CommandContext } from "../command.ts";
import { formatFacts } from "../output/table.ts";
import { formatAge, visible } from "../output/text.ts";
import { leftBehind, serverStatus } from "../server-process.ts";

/** As systemctl: the unit is not running. */
const EXIT_NOT_RUNNING = 3;

/** `portside status`. */
export async function run(context: CommandContext): Promise<number> {
  const { screen, environment } = context;
  const status = await serverStatus(context);
  if (status === undefined) {
    const router = await leftBehind(context);
    screen.result({ state: "down", home: environment.home, router: router ?? null }, () =>
      describeDown(context, router),
    );
    return EXIT_NOT_RUNNING;
  }
  screen.result(status, () => describeStatus(context, status));
  return status.state === "running" ? 0 : EXIT_NOT_RUNNING;
}

function describeDown({ environment }: CommandContext, router: EdgeStatus | undefined): string[] {
  const { home, program } = environment;
  const rest = router === undefined ? "" : `, but its router (port ${router.port}) and what it routes to go on`;
  return [`Portside is not running${rest} (home ${visible(home)}). Start it with \`${program} up\`.`];
}

function describeStatus({ screen, clock }: CommandContext, status: PlatformStatus): string[] {
  const age = formatAge(clock.now() - Date.parse(status.startedAt));
  return formatFacts(screen.style, [
    ["Portside", `${status.state}, version ${status.version}, process ${status.pid}, up ${age}`],
    ["Engine", status.engine],
    ["Router", describeEdge(status.edge)],
    ["API", status.apiUrl],
    ["Home", status.home],
    ["Apps", String(status.appCount)],
  ]);
}

function describeEdge(edge: PlatformStatus["edge"]): string {
  const port = edge.port === null ? "no port yet" : `port ${edge.port}`;
  const moved = edge.port !== null && edge.port !== edge.wantedPort ? ` (${edge.wantedPort} was taken)` : "";
  return `${edge.state}, ${port}${moved}${edge.pid === null ? "" : `, process ${edge.pid}`}`;
}
