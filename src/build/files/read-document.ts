import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { hasCode } from "../../lib/files.ts";
import { DocumentError } from "./toml-document.ts";

/** More than any of these documents needs, and little enough to hold in memory. */
const BYTES_MAX = 16 * 1024 * 1024;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The text of a document that a buildpack's program left, or nothing when it left none. The program may have put anything in
 * its place: a link, which would have us read with our own rights; a pipe, which would have us wait; a heap of bytes.
 * Throws `DocumentError` for each of them, and for bytes that are not UTF-8.
 */
export function readDocument(path: string, document: string, bytesMax = BYTES_MAX): string | undefined {
  const file = open(path, document);
  if (file === undefined) return undefined;
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new DocumentError(document, "is not a regular file");
    if (stat.size > bytesMax) throw new DocumentError(document, `is larger than ${bytesMax / 1024 / 1024} MiB`);
    return UTF8.decode(readFileSync(file));
  } catch (error) {
    if (error instanceof TypeError) throw new DocumentError(document, "is not UTF-8");
    throw error;
  } finally {
    closeSync(file);
  }
}

function open(path: string, document: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    if (hasCode(error, "ELOOP", "EMLINK")) throw new DocumentError(document, "is a link");
    if (hasCode(error, "EACCES", "ENXIO", "EISDIR")) throw new DocumentError(document, "cannot be read");
    throw error;
  }
}
