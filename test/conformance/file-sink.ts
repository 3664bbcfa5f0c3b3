import { appendFileSync } from "node:fs";
import type { LogBatch, LogSink } from "../../src/engines/engine.ts";
import { readTextIfExists } from "../../src/lib/files.ts";

/** Survives its process: lines and cursor of a batch are one line of a file. */
export class FileSink implements LogSink {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  cursor(instance: string): string | undefined {
    return this.#batches(instance).at(-1)?.cursor;
  }

  append(batch: LogBatch): void {
    appendFileSync(this.path, `${JSON.stringify(batch)}\n`);
  }

  lines(instance: string): string[] {
    return this.#batches(instance).flatMap((batch) => batch.lines.map((line) => line.text));
  }

  #batches(instance: string): LogBatch[] {
    const texts = (readTextIfExists(this.path) ?? "").split("\n").filter((text) => text !== "");
    return texts.map((text) => JSON.parse(text) as LogBatch).filter((batch) => batch.instance === instance);
  }
}
