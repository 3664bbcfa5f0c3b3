import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import type { Clock } from "../../lib/clock.ts";
import { watchFile, type FileWatch } from "../../lib/watch-file.ts";
import type { AppName } from "../../model/app.ts";
import type { AccessLogEntry } from "../../model/home.ts";
import type { LogStore, StoredBatch } from "./log-store.ts";

const READ_BYTES_MAX = 1024 * 1024;
/** A file larger than this is set aside, so that it can be removed once it is read. */
const SET_ASIDE_BYTES = 16 * 1024 * 1024;
/** The edge opens the file for each batch; one that is open while we rename it has long been written by then. */
const SETTLED_MS = 5_000;
const POLL_MS = 500;
const NEWLINE = 10;

/**
 * Takes the edge's access lines over into the apps' logs, each exactly once: where reading stands is stored with the lines.
 * The edge and this reader share nothing but the file.
 */
export class AccessLogReader {
  readonly #path: string;
  readonly #logs: LogStore;
  readonly #clock: Clock;
  readonly #apps: () => ReadonlySet<string>;
  #watch: FileWatch | undefined;
  #setAsideAt = 0;

  /** `apps`: names whose lines are kept; a line for an app that is gone is dropped. */
  constructor(
    path: string,
    world: { readonly logs: LogStore; readonly clock: Clock },
    apps: () => ReadonlySet<string>,
  ) {
    this.#path = path;
    this.#logs = world.logs;
    this.#clock = world.clock;
    this.#apps = apps;
  }

  open(): void {
    this.#setAsideAt = this.#clock.now();
    this.#watch = watchFile(this.#path, { pollMs: POLL_MS, onChange: () => this.read() });
    this.read();
  }

  close(): void {
    this.#watch?.close();
    this.read();
  }

  /** Takes over everything that is there now. */
  read(): void {
    const aside = `${this.#path}.1`;
    if (existsSync(aside)) {
      const done = this.#readFile(aside).atEnd;
      if (done && this.#clock.now() - this.#setAsideAt > SETTLED_MS) this.#remove(aside);
    }
    const { bytes } = this.#readFile(this.#path);
    if (bytes <= SET_ASIDE_BYTES || existsSync(aside)) return;
    renameSync(this.#path, aside);
    this.#setAsideAt = this.#clock.now();
  }

  #readFile(path: string): { readonly atEnd: boolean; readonly bytes: number } {
    if (!existsSync(path)) return { atEnd: true, bytes: 0 };
    const file = openSync(path, "r");
    try {
      const { ino, size } = fstatSync(file);
      const stream = `access:${ino}`;
      let offset = Number(this.#logs.cursor(stream) ?? 0);
      if (offset > size) offset = 0;
      for (let taken = -1; taken !== 0; offset += taken) taken = this.#take(file, offset, stream);
      return { atEnd: offset >= size, bytes: size };
    } finally {
      closeSync(file);
    }
  }

  /** Stores the whole lines of the next piece; gives their bytes, 0 when there is none. */
  #take(file: number, offset: number, stream: string): number {
    const buffer = Buffer.alloc(READ_BYTES_MAX);
    const piece = buffer.subarray(0, readSync(file, buffer, 0, buffer.length, offset));
    const end = piece.lastIndexOf(NEWLINE) + 1;
    // A piece without a line end is either unfinished or no access line at all.
    const taken = end === 0 && piece.length === READ_BYTES_MAX ? piece.length : end;
    if (taken === 0) return 0;
    const apps = this.#apps();
    const lines = piece
      .toString("utf8", 0, end)
      .split("\n")
      .flatMap((line) => parseLine(line, apps));
    this.#logs.append({ stream, cursor: String(offset + taken), lines });
    return taken;
  }

  #remove(path: string): void {
    const file = openSync(path, "r");
    const { ino } = fstatSync(file);
    closeSync(file);
    rmSync(path);
    this.#logs.dropStream(`access:${ino}`);
  }
}

function parseLine(text: string, apps: ReadonlySet<string>): StoredBatch["lines"][number][] {
  if (text === "") return [];
  try {
    const entry = JSON.parse(text) as AccessLogEntry;
    if (!apps.has(entry.app)) return [];
    return [
      { app: entry.app as AppName, atUs: entry.atUs, source: "portside[router]", instance: "", text: entry.line },
    ];
  } catch {
    // Torn by a full disk or a crash of the edge: nothing of it can be told.
    return [];
  }
}
