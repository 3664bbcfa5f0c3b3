import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { seconds, spread, type Figure } from "./figures.ts";
import { changeHeading, startPlatform } from "./platform.ts";

type LoadCounts = {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  readonly sockets: number;
  readonly slowestMs: number;
  readonly problems: Readonly<Record<string, number>>;
};

/** Requests lost while the app is deployed anew, again and again, under load from 16 keep-alive connections. */
export async function lostRequests(redeployCount: number): Promise<Figure> {
  const platform = await startPlatform();
  let load: ChildProcess | undefined;
  try {
    await platform.portside("ps:scale", "web=2", "worker=1", "--app", "guestbook");
    load = fork(join(import.meta.dirname, "load-client.ts"), [String(platform.port), "guestbook.localhost"], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    await once(load, "message");
    const times: number[] = [];
    for (let redeploy = 1; redeploy <= redeployCount; redeploy += 1) {
      changeHeading(platform.appDir, `redeploy ${redeploy}`);
      times.push((await platform.portside("deploy", platform.appDir, "--app", "guestbook")).wallMs);
    }
    const reported = once(load, "message") as Promise<[LoadCounts]>;
    load.send("stop");
    const [counts] = await reported;
    const problems = Object.entries(counts.problems).map(([problem, count]) => `${count} × ${problem}`);
    return {
      name: `requests lost over ${redeployCount} redeploys, 16 keep-alive connections`,
      measured: `${counts.lost} of ${counts.sent}`,
      target: "0",
      ok: counts.lost === 0 && counts.answered === counts.sent && counts.answered > redeployCount,
      note: [
        `${counts.sockets} connections opened`,
        `slowest answer ${seconds(counts.slowestMs)}`,
        `redeploy ${seconds(spread(times).median)}`,
        ...problems,
      ].join(", "),
    };
  } finally {
    load?.kill("SIGKILL");
    await platform.close();
  }
}
