import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { hasCode } from "../../lib/files.ts";
import { ImageError } from "../image/image-error.ts";
import { openStoredImage, type ImageChoice, type StoredImage } from "../image/stored-image.ts";
import { hostTarget } from "../target.ts";
import type { Inputs } from "./inputs.ts";

const REGISTRY_DEFAULT = "index.docker.io";
const PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const REFERENCE = new RegExp(
  `^(?:([a-z0-9][a-z0-9.-]*(?::\\d+)?)/)?(${PART}(?:/${PART})*)(?::(\\w[\\w.-]{0,127}))?(?:@sha256:([0-9a-f]{64}))?$`,
);

/** An image by its name, and the directory of its layout below `-layout-dir`. */
export type NamedLayout = { readonly name: string; readonly directory: string };

/**
 * Where an image of that name lies: `<layout-dir>/<registry>/<repository>/<tag>`, as the reference's `-layout` has it.
 * Throws `ImageError` for what is no name.
 */
export function layoutOf(name: string, layoutDirectory: string): NamedLayout {
  const [, first, path = "", tag = "latest", hex] = REFERENCE.exec(name) ?? [];
  if (path === "") throw new ImageError(`could not parse reference: ${name}`);
  // A first part without a dot, a port or the word itself is a part of the repository.
  const isRegistry = first !== undefined && /[.:]|^localhost$/.test(first);
  const whole = isRegistry || first === undefined ? path : `${first}/${path}`;
  const repository = !isRegistry && !whole.includes("/") ? `library/${whole}` : whole;
  const registry = isRegistry && first !== "docker.io" ? first : REGISTRY_DEFAULT;
  const identifier = hex === undefined ? tag : `sha256/${hex}`;
  return { name, directory: join(layoutDirectory, registry, repository, identifier) };
}

/** The image in a layout of its own, whatever its tag there; `undefined` when there is none. Throws `ImageError`. */
export function openLayoutImage({ directory }: NamedLayout): StoredImage | undefined {
  if (!existsSync(join(directory, "index.json"))) return undefined;
  return openStoredImage(directory, platformChoice());
}

/** The platform images are made for. */
export function platformChoice(): ImageChoice {
  return { os: process.platform, architecture: hostTarget().arch };
}

/** The run image's name: flag, else the first of `run.toml`; `undefined`: an image stands on nothing. */
export function runImageName(inputs: Inputs): string | undefined {
  const given = inputs.text("run-image");
  if (given !== "") return given;
  try {
    const { images } = parse(readFileSync(inputs.path("run"), "utf8")) as { images?: { image?: unknown }[] };
    const first = images?.[0]?.image;
    return typeof first === "string" ? first : undefined;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Throws `ImageError` unless images come from and go to layouts: this lifecycle speaks to no registry and no daemon. */
export function requireLayouts(inputs: Inputs): string {
  const directory = inputs.path("layout-dir");
  if (inputs.isOn("layout") && directory !== "") return directory;
  throw new ImageError("images are OCI layouts here, without registry and daemon: give -layout and -layout-dir");
}
