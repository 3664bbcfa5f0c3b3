import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "../lib/files.ts";
import { escapedId, toBuildpack, type Buildpack, type BuildpackLookup } from "./buildpack-registry.ts";
import { DocumentError } from "./files/toml-document.ts";

/**
 * A look-up in a directory laid out as CNB tools do: `<directory>/<id, each "/" as "_">/<version>/buildpack.toml`.
 * It throws `DocumentError` for a document that is not valid, gives nothing when there is none. cnb.md §2.
 */
export function openBuildpackStore(directory: string): BuildpackLookup {
  const known = new Map<string, Buildpack | undefined>();
  return (id, version = "") => {
    const home = join(directory, escapedId(id), version);
    if (!known.has(home)) known.set(home, readBuildpack(home));
    const found = known.get(home);
    if (found !== undefined && (found.id !== id || found.version !== version)) {
      throw new DocumentError(join(home, "buildpack.toml"), `holds ${found.id}@${found.version}, not ${id}@${version}`);
    }
    return found;
  };
}

function readBuildpack(home: string): Buildpack | undefined {
  const path = join(home, "buildpack.toml");
  try {
    return toBuildpack(readFileSync(path, "utf8"), home, path);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    if (hasCode(error, "EISDIR")) throw new DocumentError(path, "is a directory");
    throw error;
  }
}
