import { seconds, spread, type Figure } from "./figures.ts";
import { changeHeading, startPlatform, type Platform } from "./platform.ts";

const RUN_COUNT = 7;
const BUILD_TARGET_MS = 1_000;
const REUSE_TARGET_MS = 150;

/** What `builds:info --json` says of a build's time. */
type BuildTimes = {
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly sections: readonly { readonly durationMs: number }[];
};

/**
 * What a build costs besides the buildpacks' own `bin/build`: its room, copies, detection, restore, export. One line of the source
 * changed, dependencies cached. Then the build step of a deploy whose artifact is there already.
 */
export async function buildOverhead(): Promise<Figure[]> {
  const platform = await startPlatform();
  try {
    changeHeading(platform.appDir, "start");
    await platform.portside("deploy", platform.appDir, "--app", "guestbook");
    const builds: number[] = [];
    const reuses: number[] = [];
    for (let run = 0; run < RUN_COUNT; run += 1) {
      changeHeading(platform.appDir, `change ${run}`);
      await platform.portside("deploy", platform.appDir, "--app", "guestbook");
      builds.push(await newestOverheadMs(platform));
      changeHeading(platform.appDir, "start");
      reuses.push(await buildStepMs(platform));
    }
    return [
      figure("our part of a second build, one line changed", builds, BUILD_TARGET_MS),
      figure("the build step when the artifact is reused", reuses, REUSE_TARGET_MS),
    ];
  } finally {
    await platform.close();
  }
}

/** From the build's turn to its end, less what the buildpacks' programs took. Detection counts as ours. */
async function newestOverheadMs(platform: Platform): Promise<number> {
  const { stdout } = await platform.portside("builds:info", "--app", "guestbook", "--json");
  const build = JSON.parse(stdout) as BuildTimes;
  const tookMs = Date.parse(build.endedAt ?? "") - Date.parse(build.startedAt ?? "");
  return tookMs - build.sections.reduce((sum, { durationMs }) => sum + durationMs, 0);
}

async function buildStepMs(platform: Platform): Promise<number> {
  const { stdout } = await platform.portside("deploy", platform.appDir, "--app", "guestbook", "--json");
  const events = stdout.split("\n").filter(Boolean);
  for (const line of events) {
    const event = JSON.parse(line) as { type?: string; step?: string; durationMs?: number };
    if (event.type === "stepEnded" && event.step === "build" && event.durationMs !== undefined) return event.durationMs;
  }
  throw new Error("the deploy had no build step");
}

function figure(name: string, times: readonly number[], targetMs: number): Figure {
  const { min, median, max } = spread(times);
  return {
    name,
    measured: seconds(median),
    target: `≤ ${seconds(targetMs)}`,
    ok: median <= targetMs,
    note: `median of ${times.length}, ${seconds(min)}–${seconds(max)}`,
  };
}
