import type { Random } from "../lib/random.ts";

/** Close code 1012, "service restart". RFC 6455 §7.4 and its registry. */
const SERVICE_RESTART = 1_012;
const HEADER_BYTES_MAX = 14;

/**
 * Follows the frame headers of one direction of a WebSocket, so that a close frame can be written between two frames.
 * Looks at lengths only; payload passes untouched. RFC 6455 §5.2.
 */
export class FrameFollower {
  #header = Buffer.alloc(HEADER_BYTES_MAX);
  #headerLength = 0;
  #payloadLeft = 0;
  #isLost = false;

  /** Nothing of a frame is under way. Stays false once a length was beyond what can be counted. */
  get isBetweenFrames(): boolean {
    return !this.#isLost && this.#headerLength === 0 && this.#payloadLeft === 0;
  }

  follow(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#isLost) at = this.#step(chunk, at);
  }

  /** How many bytes of the chunk still belong to the frame under way; follows only those. */
  followToBoundary(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && !this.#isLost && !this.isBetweenFrames) at = this.#step(chunk, at);
    return this.#isLost ? chunk.length : at;
  }

  #step(chunk: Buffer, at: number): number {
    if (this.#payloadLeft > 0) {
      const taken = Math.min(this.#payloadLeft, chunk.length - at);
      this.#payloadLeft -= taken;
      return at + taken;
    }
    this.#header[this.#headerLength] = chunk[at] ?? 0;
    this.#headerLength += 1;
    if (this.#headerLength >= 2 && this.#headerLength === headerLength(this.#header)) this.#beginPayload();
    return at + 1;
  }

  #beginPayload(): void {
    const length = payloadLength(this.#header);
    this.#headerLength = 0;
    if (length === undefined) this.#isLost = true;
    else this.#payloadLeft = length;
  }
}

/** A close frame with 1012; towards an instance it is masked, as a client's must be. */
export function closeFrame(mask?: Random): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(SERVICE_RESTART);
  if (mask === undefined) return Buffer.concat([Buffer.from([0x88, payload.length]), payload]);
  const key = Buffer.from(mask.bytes(4));
  const masked = payload.map((byte, index) => byte ^ (key[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x88, 0x80 | payload.length]), key, masked]);
}

function headerLength(header: Buffer): number {
  const second = header[1] ?? 0;
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  return 2 + extended + ((second & 0x80) === 0 ? 0 : 4);
}

/** `undefined` beyond what a number holds exactly. */
function payloadLength(header: Buffer): number | undefined {
  const short = (header[1] ?? 0) & 0x7f;
  if (short < 126) return short;
  if (short === 126) return header.readUInt16BE(2);
  const long = header.readBigUInt64BE(2);
  return long > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(long);
}
