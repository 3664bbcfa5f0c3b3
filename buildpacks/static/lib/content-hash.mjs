import { createHash } from "node:crypto";

/** Names a file's bytes: in its ETag, and for its compressed forms. */
export function contentHash(bytes) {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
}
