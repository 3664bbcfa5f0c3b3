import { createReadStream, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { usageError } from "./failure.ts";

/** The tar of a run image: the file as it is, or one made of the folder. Throws a usage error for what can be no image. */
export async function openRunImage(path: string): Promise<AsyncIterable<Uint8Array>> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw usageError(`There is no run image at ${path}.`, EXPECTED);
  if (!stat.isDirectory()) return createReadStream(path);
  if (!existsSync(join(path, "index.json")) && !existsSync(join(path, "manifest.json")))
    throw usageError(`${path} holds no image.`, EXPECTED);
  const { create } = await import("tar");
  return create({ cwd: path, portable: true, follow: true }, ["."]) as unknown as AsyncIterable<Uint8Array>;
}

const EXPECTED = "Give an OCI image layout or what `docker save` writes, as a folder or a file.";
