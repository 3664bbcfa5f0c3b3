import type { Duplex } from "node:stream";
import type { Random } from "../lib/random.ts";
import type { Timer, Timers } from "../lib/timer.ts";
import { closeFrame, FrameFollower } from "./websocket-frames.ts";

/** Both connections, and who hears of what passes. */
export type RelayOptions = {
  readonly client: Duplex;
  readonly instance: Duplex;
  readonly timers: Timers;
  readonly random: Random;
  readonly closeFrameMs: number;
  /** With each piece in either direction. */
  readonly onActivity: () => void;
  readonly onBytesToClient: (count: number) => void;
  /** Once, when both connections are closed. */
  readonly onEnd: () => void;
};

/** The raw bytes of an upgraded connection, both ways, with back-pressure. router.md §6, §7. */
export class WebSocketRelay {
  readonly #options: RelayOptions;
  readonly #toClient: Direction;
  readonly #toInstance: Direction;
  #openCount = 2;
  #grace: Timer | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    const { client, instance, onActivity, onBytesToClient, random } = options;
    const onSaid = (): void => this.#onCloseSaid();
    this.#toClient = new Direction({
      from: instance,
      to: client,
      onActivity,
      onBytes: onBytesToClient,
      closing: closeFrame(),
      onSaid,
    });
    this.#toInstance = new Direction({
      from: client,
      to: instance,
      onActivity,
      onBytes: () => undefined,
      closing: closeFrame(random),
      onSaid,
    });
  }

  /** `head` is what the client sent right behind its request. */
  start(head: Buffer): void {
    const { client, instance } = this.#options;
    this.#watch(client, instance);
    this.#watch(instance, client);
    this.#toInstance.start(head);
    this.#toClient.start(Buffer.alloc(0));
  }

  /** Says 1012 to both sides as soon as each stream is between two frames, then ends; destroys what takes longer. */
  cut(): void {
    this.#destroyLater();
    this.#toClient.close();
    this.#toInstance.close();
  }

  destroy(): void {
    this.#options.client.destroy();
    this.#options.instance.destroy();
  }

  #watch(side: Duplex, other: Duplex): void {
    side.on("end", () => other.end());
    side.on("error", () => {
      // The close that follows says it all.
    });
    side.on("close", () => {
      other.end();
      this.#destroyLater();
      this.#openCount -= 1;
      if (this.#openCount > 0) return;
      this.#grace?.cancel();
      this.#options.onEnd();
    });
  }

  #onCloseSaid(): void {
    if (!this.#toClient.hasSaidClose || !this.#toInstance.hasSaidClose) return;
    this.#options.client.end();
    this.#options.instance.end();
  }

  #destroyLater(): void {
    this.#grace ??= this.#options.timers.after(this.#options.closeFrameMs, () => this.destroy());
  }
}

type DirectionOptions = {
  readonly from: Duplex;
  readonly to: Duplex;
  readonly onActivity: () => void;
  readonly onBytes: (count: number) => void;
  readonly closing: Buffer;
  readonly onSaid: () => void;
};

class Direction {
  readonly #options: DirectionOptions;
  readonly #frames = new FrameFollower();
  #isClosing = false;
  #hasSaid = false;

  constructor(options: DirectionOptions) {
    this.#options = options;
  }

  get hasSaidClose(): boolean {
    return this.#hasSaid;
  }

  start(head: Buffer): void {
    const { from, to } = this.#options;
    to.on("drain", () => from.resume());
    if (head.length > 0) this.#pass(head);
    from.on("data", this.#pass);
  }

  close(): void {
    this.#isClosing = true;
    this.#sayCloseBetweenFrames();
  }

  readonly #pass = (chunk: Buffer): void => {
    const { from, to, onActivity, onBytes } = this.#options;
    onActivity();
    let part = chunk;
    if (this.#isClosing) part = chunk.subarray(0, this.#frames.followToBoundary(chunk));
    else this.#frames.follow(chunk);
    onBytes(part.length);
    if (part.length > 0 && to.writable && !to.write(part)) from.pause();
    if (this.#isClosing) this.#sayCloseBetweenFrames();
  };

  #sayCloseBetweenFrames(): void {
    const { from, to, closing, onSaid } = this.#options;
    if (this.#hasSaid || !this.#frames.isBetweenFrames) return;
    this.#hasSaid = true;
    from.off("data", this.#pass);
    // What still comes is the other side's closing; it is read and dropped so that its end is seen.
    from.resume();
    if (to.writable) to.write(closing);
    onSaid();
  }
}
