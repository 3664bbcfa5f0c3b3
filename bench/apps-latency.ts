import { spread, type Figure } from "./figures.ts";
import { startPlatform } from "./platform.ts";

const RUN_COUNT = 15;
const TARGET_MS = 150;

/** `portside apps` against a running server, from the checkout. */
export async function appsLatency(): Promise<Figure> {
  const platform = await startPlatform();
  try {
    await platform.portside("apps");
    const times: number[] = [];
    for (let run = 0; run < RUN_COUNT; run += 1) times.push((await platform.portside("apps")).wallMs);
    const { min, median, max } = spread(times);
    return {
      name: "`apps`",
      measured: `${median.toFixed(0)} ms`,
      target: `≤ ${TARGET_MS} ms`,
      ok: median <= TARGET_MS,
      note: `median of ${RUN_COUNT}, ${min.toFixed(0)}–${max.toFixed(0)} ms`,
    };
  } finally {
    await platform.close();
  }
}
