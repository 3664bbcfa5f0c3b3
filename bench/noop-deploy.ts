import { seconds, spread, type Figure } from "./figures.ts";
import { startPlatform } from "./platform.ts";

const RUN_COUNT = 9;
const TARGET_MS = 300;

/** The whole command `portside deploy` when nothing has changed. */
export async function noopDeploy(): Promise<Figure> {
  const platform = await startPlatform();
  try {
    const deploy = (): Promise<{ wallMs: number }> =>
      platform.portside("deploy", platform.appDir, "--app", "guestbook");
    await deploy();
    const times: number[] = [];
    for (let run = 0; run < RUN_COUNT; run += 1) times.push((await deploy()).wallMs);
    const { min, median, max } = spread(times);
    return {
      name: "`deploy`, nothing changed",
      measured: seconds(median),
      target: `≤ ${seconds(TARGET_MS)}`,
      ok: median <= TARGET_MS,
      note: `median of ${RUN_COUNT}, ${seconds(min)}–${seconds(max)}`,
    };
  } finally {
    await platform.close();
  }
}
