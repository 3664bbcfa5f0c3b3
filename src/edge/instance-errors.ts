import { errors } from "undici";
import { hasCode } from "../lib/files.ts";
import type { RouterCode } from "./router-codes.ts";

/** How the last connect failed; decides between H21 and H19. */
export type Unreached = "refused" | "timeout";

/** How a connect failed, or `ours` when this machine, not the instance, is the reason (out of files, of ports). */
export function connectFailure(error: unknown): Unreached | "ours" {
  if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError) return "ours";
  if (hasCode(error, "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL")) return "ours";
  return error instanceof errors.ConnectTimeoutError || hasCode(error, "ETIMEDOUT") ? "timeout" : "refused";
}

/**
 * What an error after the request was written means. `hasByte`: the answer had begun; `hasHead`: its headers were complete.
 * router.md §2 and §8.4, as seen with undici 8.12.
 */
export function answerFailure(
  error: unknown,
  seen: { readonly hasByte: boolean; readonly hasHead: boolean },
): RouterCode {
  if (seen.hasHead) return "H18";
  if (error instanceof errors.HeadersOverflowError) return "H25";
  if (error instanceof errors.ResponseContentLengthMismatchError) return "H25";
  if (error instanceof errors.HTTPParserError) return "H17";
  // undici words an unasked 100 or 101 so; both come after a whole head.
  if (error instanceof errors.SocketError && /^bad (response|upgrade)$/.test(error.message)) return "H17";
  if (isClosed(error)) return seen.hasByte ? "H18" : "H13";
  return "H99";
}

/** Whether the instance closed or reset the connection. */
export function isClosed(error: unknown): boolean {
  return error instanceof errors.SocketError || hasCode(error, "ECONNRESET", "EPIPE", "ECONNABORTED", "ETIMEDOUT");
}
