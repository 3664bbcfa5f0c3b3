import { Worker } from "node:worker_threads";
import type { Answer, Job, Totals } from "./player.ts";

/** No single scenario takes longer, however busy the machine is, unless the code goes in circles. */
const SCENARIO_LIMIT_MS = 60_000;

/**
 * Threads that play scenarios: the test runner's own bookkeeping of every promise would double their time, and a control
 * plane that goes in circles stops its thread only.
 */
export class PlayerPool {
  readonly #free: Worker[];
  readonly #waiting: ((worker: Worker) => void)[] = [];

  constructor(count: number) {
    this.#free = Array.from({ length: count }, startPlayer);
  }

  /** Rejects with what went wrong, and how to see it again. */
  async play(job: Job): Promise<Totals> {
    const worker = this.#free.pop() ?? (await new Promise<Worker>((resolve) => this.#waiting.push(resolve)));
    let isUsable = false;
    try {
      const totals = await ask(worker, job);
      isUsable = true;
      return totals;
    } finally {
      if (!isUsable) await worker.terminate();
      this.#giveBack(isUsable ? worker : startPlayer());
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#free.map((worker) => worker.terminate()));
  }

  #giveBack(worker: Worker): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(worker);
    else next(worker);
  }
}

function startPlayer(): Worker {
  return new Worker(new URL("./player.ts", import.meta.url));
}

function ask(worker: Worker, job: Job): Promise<Totals> {
  const { promise, resolve, reject } = Promise.withResolvers<Totals>();
  let playing = "its start";
  const onLimit = (): void => reject(new Error(`it goes in circles, or has stopped, in ${playing}`));
  let timer = setTimeout(onLimit, SCENARIO_LIMIT_MS);
  const onAnswer = (answer: Answer): void => {
    clearTimeout(timer);
    if (answer.type === "done") return resolve(answer.totals);
    if (answer.type === "failed") return reject(new Error(answer.message));
    playing = answer.what;
    timer = setTimeout(onLimit, SCENARIO_LIMIT_MS);
  };
  const onError = (error: Error): void => reject(new Error(`${playing}: ${error.message}`, { cause: error }));
  worker.on("message", onAnswer).once("error", onError);
  worker.postMessage(job);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off("message", onAnswer).off("error", onError);
  });
}
