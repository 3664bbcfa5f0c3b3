import { Attempt, type AttemptHooks } from "./attempt.ts";
import { chooseInstance } from "./balancer.ts";
import type { EdgeContext } from "./edge-context.ts";
import type { Exchange } from "./exchange.ts";
import type { LiveRoute } from "./live-table.ts";
import type { RouterCode } from "./router-codes.ts";

/** What a route that does not serve answers. Contract §11. */
const CODE_OF_STATE: Partial<Record<LiveRoute["state"], RouterCode>> = { blank: "H81", stopped: "H14", crashed: "H10" };

/**
 * Brings an exchange to an instance: at once, to the next one when the first cannot be reached, or later when none
 * accepts requests now. A request sees one table when it is given to an instance; one that waits sees each new table.
 */
export class Proxy {
  readonly #context: EdgeContext;
  readonly #hooks: AttemptHooks;

  constructor(context: EdgeContext, onUpgrade: AttemptHooks["onUpgrade"]) {
    this.#context = context;
    this.#hooks = {
      onUpgrade,
      onRepeat: (exchange) => this.serve(exchange),
      onUnreached: (exchange, how) => {
        exchange.failedConnects += 1;
        exchange.lastUnreached = how;
        this.serve(exchange);
      },
    };
  }

  /** Ends in an attempt, an answer of ours, or a place in the waiting line. */
  serve(exchange: Exchange): void {
    if (exchange.isOver) return;
    if (exchange.failedConnects >= this.#context.limits.attemptsMax)
      return exchange.fail(this.#unreachedCode(exchange));
    if (!this.#seek(exchange)) this.#hold(exchange);
  }

  /** Gives false when the request has to wait. */
  #seek(exchange: Exchange): boolean {
    if (exchange.isOver) return true;
    const route = this.#context.table.find(exchange.host);
    if (route === undefined) {
      exchange.answerUnknownHost();
      return true;
    }
    const code = CODE_OF_STATE[route.state];
    if (code !== undefined) {
      exchange.fail(code);
      return true;
    }
    const instance = chooseInstance(route.instances, this.#context.clock.now(), this.#context.random);
    if (instance === undefined) return false;
    exchange.stopWaiting();
    exchange.stopWindow();
    new Attempt(this.#context, exchange, { instance, hooks: this.#hooks }).start();
    return true;
  }

  #hold(exchange: Exchange): void {
    const { limits, waiting, clock, table } = this.#context;
    const instanceCount = table.find(exchange.host)?.instances.length ?? 0;
    if (waiting.length(exchange.app) >= limits.waitingPerTargetMax * Math.max(1, instanceCount))
      return exchange.fail("H11");
    exchange.heldSinceMs ??= clock.now();
    exchange.wait(waiting.join(exchange.app, () => this.#seek(exchange)));
    const leftMs = exchange.heldSinceMs + limits.holdMs - clock.now();
    exchange.window(Math.max(1, leftMs), () => exchange.fail(this.#unreachedCode(exchange)));
  }

  /** Its own failed connects decide; else H20 when there never was an instance, H99 when others' connects failed. */
  #unreachedCode(exchange: Exchange): RouterCode {
    if (exchange.lastUnreached === "timeout") return "H19";
    if (exchange.lastUnreached === "refused") return "H21";
    return (this.#context.table.find(exchange.host)?.instances.length ?? 0) === 0 ? "H20" : "H99";
  }
}
