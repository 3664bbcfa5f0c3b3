import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "../../lib/random.ts";

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/**
 * Seals bytes with AES-256-GCM, bound to `context` (for example `app:NAME`): a box moved elsewhere does not open.
 * Layout: version byte, nonce, tag, ciphertext. Security rule 7.
 */
export function seal(
  key: Uint8Array,
  what: { readonly context: string; readonly plain: Uint8Array },
  random: Random,
): Buffer {
  const { context, plain } = what;
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), text]);
}

/** Opens a box, or throws: a wrong key, another context or a changed bit never gives a value. */
export function open(key: Uint8Array, context: string, box: Uint8Array): Buffer {
  if (box[0] !== VERSION || box.length < 1 + NONCE_BYTES + TAG_BYTES)
    throw new Error("not a sealed box of this version");
  const nonce = box.subarray(1, 1 + NONCE_BYTES);
  const tag = box.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(tag);
  return Buffer.concat([decipher.update(box.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()]);
}
