import type { AppView } from "../wire/apps.ts";
import type { CommandContext } from "./command.ts";
import { CliError, failureOf, operationError } from "./failure.ts";
import type { Ending } from "./run-operation.ts";
import { formatDuration, visible } from "./output/text.ts";

/**
 * What a command says of its operation on `app`: `done` with the release (`v4`; empty when there is none), before the time;
 * `unchanged` before what serves. With `showUrl` the URL goes last, on a line of its own.
 */
export type Telling = {
  readonly app: string;
  readonly done: (release: string) => string;
  readonly unchanged: string;
  readonly showUrl: boolean;
};

/** The app after the operation. `undefined`: there is none (any more). `unknown`: nobody to ask, so nothing is claimed. */
type AppNow = AppView | "unknown" | undefined;

/**
 * Tells how an operation ended. Throws the failure with what still serves when it did not succeed
 * (exit 130 for a cancelled one).
 */
export async function concludeOperation(context: CommandContext, ending: Ending, telling: Telling): Promise<void> {
  const { event } = ending;
  const { screen } = context;
  const now = await appNow(context, telling.app);
  if (event.status === "unchanged") return screen.line(unchangedLine(telling, now, ending.warningCount));
  if (event.status !== "succeeded") {
    const { app } = telling;
    const fallback =
      event.status === "superseded"
        ? failureOf("E_SUPERSEDED", { app, newer: "a later one" })
        : failureOf("E_CANCELLED");
    throw operationError(event.failure ?? fallback, whatServes(app, now, event.release));
  }
  const release = event.release ?? known(now)?.release ?? undefined;
  const done = telling.done(release === undefined ? "" : `v${release}`);
  screen.line(`  ${screen.style.green(done)} in ${formatDuration(event.durationMs)}`);
  const url = event.url ?? known(now)?.url ?? undefined;
  if (telling.showUrl && url !== undefined) screen.line("", `  ${screen.style.bold(visible(url))}`);
}

/** `guestbook is unchanged, v3 serves: http://…  (1 warning, as before)`. */
function unchangedLine(telling: Telling, now: AppNow, warningCount: number): string {
  const app = known(now);
  const release =
    app === undefined || app.release === null
      ? ""
      : `, v${app.release} ${isServing(app) ? "serves" : "does not serve"}`;
  const url = app?.url === null || app === undefined ? "" : `: ${visible(app.url)}`;
  const warnings =
    warningCount === 0 ? "" : ` (${warningCount} ${warningCount === 1 ? "warning" : "warnings"}, as before)`;
  return telling.unchanged + release + url + warnings;
}

async function appNow(context: CommandContext, app: string): Promise<AppNow> {
  try {
    return await context.client.get<AppView>(`/v1/apps/${app}`, context.signal);
  } catch (error) {
    if (context.signal.aborted) throw error;
    return error instanceof CliError && error.report.code === "E_APP_UNKNOWN" ? undefined : "unknown";
  }
}

function known(now: AppNow): AppView | undefined {
  return now === "unknown" ? undefined : now;
}

function isServing(app: AppView): boolean {
  return Object.values(app.serving).some((count) => count > 0);
}

function whatServes(name: string, app: AppNow, madeRelease: number | undefined): string[] {
  if (app === "unknown") return [];
  if (app === undefined) return [`There is no app \`${name}\` now.`];
  if (app.release === null) return [`\`${name}\` has no release yet; nothing of it runs.`];
  if (!isServing(app)) return [`v${app.release} is the current release, but none of its instances serves.`];
  const where = app.url === null ? "." : `: ${visible(app.url)}`;
  return [`v${app.release} ${app.release === madeRelease ? "serves all the same" : "still serves"}${where}`];
}
