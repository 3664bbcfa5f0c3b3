import { LOG_LINE_BYTES_MAX } from "../../model/log-line.ts";

const LF = 10;
const CR = 13;
const NONE: Buffer = Buffer.alloc(0);

/**
 * Cuts a program's output into lines (LF or CRLF). A line over `LOG_LINE_BYTES_MAX` bytes is given in pieces, between two
 * characters; bytes that are no UTF-8 become U+FFFD; everything else, escape codes too, stays. Contract §12.
 * `cursor` says how far lines have been given out: what comes behind it gives the same lines whoever reads it.
 */
export class LineCutter {
  /** Where `#rest` begins in the file. */
  #offset: number;
  /** The line that goes on at `#offset` was begun in an earlier line: its end alone gives no empty one. */
  #isBegun: boolean;
  #rest: Buffer = NONE;

  /** Goes on behind a cursor; from the start without one. An unreadable cursor is the start too. */
  constructor(cursor?: string) {
    const match = /^(\d+)(\+?)$/.exec(cursor ?? "");
    this.#offset = Number(match?.[1] ?? 0);
    this.#isBegun = match?.[2] === "+";
  }

  get cursor(): string {
    return `${this.#offset}${this.#isBegun ? "+" : ""}`;
  }

  /** Offset behind the last byte that was pushed: where to read on. */
  get readOffset(): number {
    return this.#offset + this.#rest.length;
  }

  /** Offset behind the last byte of the lines given. */
  get givenOffset(): number {
    return this.#offset;
  }

  get hasRest(): boolean {
    return this.#rest.length > 0;
  }

  push(chunk: Buffer): readonly string[] {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lines: string[] = [];
    let from = 0;
    for (let next = this.#nextCut(data, from); next !== undefined; next = this.#nextCut(data, from)) {
      if (!next.isSilent) lines.push(data.toString("utf8", from, next.textEnd));
      this.#isBegun = false;
      from = next.end;
    }
    this.#offset += from;
    this.#rest = from === data.length ? NONE : Buffer.from(data.subarray(from));
    return lines;
  }

  /** Gives what came without a line end; a character that is still incomplete stays, unless nothing will follow. */
  flush(isFinal: boolean): readonly string[] {
    const end = isFinal ? this.#rest.length : completeLength(this.#rest);
    if (end === 0) return [];
    const text = this.#rest.toString("utf8", 0, end).replace(/\r$/, "");
    const isOnlyLineEnd = this.#isBegun && text === "";
    this.#offset += end;
    this.#rest = Buffer.from(this.#rest.subarray(end));
    this.#isBegun = true;
    return isOnlyLineEnd ? [] : [text];
  }

  #nextCut(data: Buffer, from: number): { textEnd: number; end: number; isSilent: boolean } | undefined {
    const lineFeed = data.indexOf(LF, from);
    if (lineFeed < 0 && data.length - from <= LOG_LINE_BYTES_MAX + 1) return undefined;
    const textEnd = lineFeed > from && data[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed;
    if (lineFeed >= 0 && textEnd - from <= LOG_LINE_BYTES_MAX) {
      return { textEnd, end: lineFeed + 1, isSilent: this.#isBegun && textEnd === from };
    }
    const cut = from + completeLength(data.subarray(from, from + LOG_LINE_BYTES_MAX));
    return { textEnd: cut, end: cut, isSilent: false };
  }
}

/** How many bytes are left when a last character that is cut off is left out. All of them when it is no UTF-8 at all. */
function completeLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
