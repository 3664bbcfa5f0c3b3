/** Items that are there and items to come. */
export class Feed<T> {
  readonly items: T[] = [];
  /** Followers that have not ended. */
  openCount = 0;
  /** How many items followers have taken. */
  takenCount = 0;
  #wake = new Set<() => void>();

  push(item: T): void {
    this.items.push(item);
    for (const wake of this.#wake) wake();
  }

  async *follow(
    wanted: (item: T) => boolean,
    end: { signal: AbortSignal; isLast?: (item: T) => boolean },
  ): AsyncGenerator<T> {
    this.openCount += 1;
    const { signal } = end;
    try {
      for (let next = 0; !signal.aborted;) {
        const item = this.items[next];
        if (item === undefined) await this.#more(signal);
        else {
          next += 1;
          if (!wanted(item)) continue;
          this.takenCount += 1;
          yield item;
          if (end.isLast?.(item) === true) return;
        }
      }
    } finally {
      this.openCount -= 1;
    }
  }

  async #more(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake.add(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#wake.clear();
  }
}
