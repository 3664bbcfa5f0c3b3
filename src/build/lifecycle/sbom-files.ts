import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { escapedId, type Buildpack } from "../buildpack-registry.ts";
import type { BuiltLayer } from "../files/layer-toml.ts";
import { readDocument } from "../files/read-document.ts";
import { DocumentError } from "../files/toml-document.ts";
import { fileNames } from "../layer-environment.ts";

/** Media types of SBOM files, by what follows `.sbom.` in their names. cnb.md §5.2. */
const FORMATS: Readonly<Record<string, string>> = {
  "cdx.json": "application/vnd.cyclonedx+json",
  "spdx.json": "application/spdx+json",
  "syft.json": "application/vnd.syft+json",
};
/** They list every file of every dependency. */
export const SBOM_BYTES_MAX = 128 * 1024 * 1024;
const NAME = /^(.+?)\.sbom\.(.+)$/;

/** Of the names in a buildpack's layers directory, those of one layer's SBOM files. */
export function sbomNames(names: readonly string[], layer: string): readonly string[] {
  return names.filter((name) => Object.keys(FORMATS).some((extension) => name === `${layer}.sbom.${extension}`));
}

/** An SBOM file a buildpack wrote, and where in `<layers>/sbom` it belongs. */
type SbomFile = { readonly name: string; readonly to: readonly string[] };

/**
 * Moves the SBOM files of one buildpack's layers directory to `<layers>/sbom/{build,cache,launch}/<buildpack>[/<layer>]/sbom.<ext>`.
 * Throws `DocumentError` for a format that is unknown or that `buildpack.toml` does not declare. cnb.md §5.2.
 */
export function collectSbom(buildpack: Buildpack, layers: readonly BuiltLayer[], layersDirectory: string): void {
  const from = join(layersDirectory, escapedId(buildpack.id));
  for (const { name, to } of sbomFiles(buildpack, layers, fileNames(from))) {
    const text = readDocument(join(from, name), name, SBOM_BYTES_MAX) ?? "";
    for (const path of to) {
      const target = join(layersDirectory, "sbom", path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
  }
}

function sbomFiles(buildpack: Buildpack, layers: readonly BuiltLayer[], files: readonly string[]): readonly SbomFile[] {
  const own = escapedId(buildpack.id);
  return files.flatMap((name): SbomFile[] => {
    const [, of = "", extension = ""] = NAME.exec(name) ?? [];
    if (of === "") return [];
    const layer = layers.find((one) => one.name === of);
    if (of !== "launch" && of !== "build" && layer === undefined) return [];
    const format = FORMATS[extension];
    if (format === undefined) throw new DocumentError(name, `unsupported SBOM file format: '${name}'`);
    if (!buildpack.sbomFormats.includes(format))
      throw new DocumentError(name, `undeclared SBOM media type: '${format}'`);
    const file = `sbom.${extension}`;
    if (layer === undefined) return [{ name, to: [join(of, own, file)] }];
    const where = [layer.types.launch ? "launch" : "build", ...(layer.types.cache ? ["cache"] : [])];
    return [{ name, to: where.map((kind) => join(kind, own, layer.name, file)) }];
  });
}

/**
 * Puts the SBOM files of earlier layers beside them, as `<buildpack>/<layer>.sbom.<ext>`, for the buildpacks that take part, and
 * removes `<layers>/sbom`. cnb.md §4.
 */
export function restoreSbom(group: readonly Buildpack[], layersDirectory: string): void {
  const root = join(layersDirectory, "sbom");
  for (const { id } of group) {
    const own = escapedId(id);
    if (!existsSync(join(layersDirectory, own))) continue;
    for (const kind of ["cache", "launch"]) putBack(join(root, kind, own), join(layersDirectory, own));
  }
  rmSync(root, { recursive: true, force: true });
}

function putBack(from: string, to: string): void {
  for (const layer of realDirectories(from)) {
    for (const file of fileNames(join(from, layer)).filter((name) => /^sbom\..+json$/.test(name))) {
      copyFileSync(join(from, layer, file), join(to, `${layer}.${file}`));
    }
  }
}

function realDirectories(path: string): readonly string[] {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}
