import { createReadStream, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { hasCode } from "../../lib/files.ts";
import { indexTar, readTarPlace, TarError, type TarPlace } from "../../lib/tar-index.ts";
import { ImageError } from "./image-error.ts";

const DOCUMENT_BYTES_MAX = 16_777_216;
const START_BYTES = 4;

/** The files of a stored image, by relative name; a directory or an uncompressed tar of one. */
export type ImageFiles = {
  /** `undefined`: there is no such file. */
  readonly sizeOf: (name: string) => number | undefined;
  /** Throws `ImageError` when it is not there or over 16 MiB. */
  readonly readText: (name: string) => string;
  /** Its first four bytes, which tell how it is compressed. */
  readonly startOf: (name: string) => Buffer;
  /** The file's bytes. */
  readonly open: (name: string) => Readable;
};

/** Opens a directory or a tar file. Throws `ImageError` when it is neither. Nothing outside it can be named. */
export function openImageFiles(path: string): ImageFiles {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new ImageError(`${path} does not exist`);
  return stat.isDirectory() ? directoryFiles(realpathSync(path)) : tarFiles(path);
}

function directoryFiles(root: string): ImageFiles {
  /** A name from a document of the image may be hostile: what it leads to must lie in the directory. */
  const find = (name: string): string | undefined => {
    try {
      const real = realpathSync(join(root, name));
      return real.startsWith(`${root}/`) && statSync(real).isFile() ? real : undefined;
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR", "ELOOP", "ERR_INVALID_ARG_VALUE", "ENAMETOOLONG")) return undefined;
      throw error;
    }
  };
  return filesOf({
    sizeOf: (name) => sizeAt(find(name)),
    open: (name) => createReadStream(find(name) ?? missing(name)),
    startOf: (name) => readTarPlace(find(name) ?? missing(name), startPlace(0, sizeAt(find(name)))),
    read: (name) => readFileSync(find(name) ?? missing(name)),
  });
}

function sizeAt(path: string | undefined): number | undefined {
  return path === undefined ? undefined : statSync(path).size;
}

function tarFiles(path: string): ImageFiles {
  const places = indexOf(path);
  return filesOf({
    sizeOf: (name) => places.get(name)?.sizeBytes,
    open: (name) => {
      const { offset, sizeBytes } = places.get(name) ?? missing(name);
      if (sizeBytes === 0) return Readable.from([]);
      return createReadStream(path, { start: offset, end: offset + sizeBytes - 1 });
    },
    startOf: (name) => {
      const { offset, sizeBytes } = places.get(name) ?? missing(name);
      return readTarPlace(path, startPlace(offset, sizeBytes));
    },
    read: (name) => readTarPlace(path, places.get(name) ?? missing(name)),
  });
}

function indexOf(path: string): ReturnType<typeof indexTar> {
  try {
    return indexTar(path);
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    throw new ImageError(`${path} cannot be read: ${error.message}`, { cause: error });
  }
}

function startPlace(offset: number, sizeBytes = 0): TarPlace {
  return { offset, sizeBytes: Math.min(sizeBytes, START_BYTES) };
}

function filesOf(of: Omit<ImageFiles, "readText"> & { readonly read: (name: string) => Buffer }): ImageFiles {
  const readText = (name: string): string => {
    if ((of.sizeOf(name) ?? 0) > DOCUMENT_BYTES_MAX) throw new ImageError(`${name} of the image is too large`);
    return of.read(name).toString("utf8");
  };
  return { sizeOf: of.sizeOf, open: of.open, startOf: of.startOf, readText };
}

function missing(name: string): never {
  throw new ImageError(`${name} is missing in the image`);
}
