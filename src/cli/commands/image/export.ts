import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ImageRequest, ImageView, RunImageView } from "../../../wire/images.ts";
import { hasCode } from "../../../lib/files.ts";
import { chooseApp } from "../../app-choice.ts";
import type { CommandContext, CommandInput } from "../../command.ts";
import { usageError } from "../../failure.ts";
import { checkLayoutDirectory, writeLayout } from "../../image-layout.ts";
import { visibleLine } from "../../output/text.ts";
import { openRunImage } from "../../run-image.ts";
import { parseRelease } from "../../release-number.ts";
import { parseWholeNumber } from "../../whole-number.ts";

/** Compressing a large slug takes minutes, and the answer comes when it is done. */
const EXPORT_LIMIT_MS = 30 * 60_000;
const CREATED_S_MAX = 253_402_300_799;
const COMPRESSIONS = ["zstd", "gzip", "none"] as const;

/** Where the image goes. */
type Destination =
  | { readonly kind: "layout"; readonly directory: string }
  | { readonly kind: "archive"; readonly file: string };

/** `portside image:export`. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const destination = chooseDestination(context, input);
  const request = readRequest(context, input);
  const app = await chooseApp(context, input);
  const rawRunImage = input.texts.get("run-image");
  const runImage = rawRunImage === undefined ? {} : { runImage: await uploadRunImage(context, rawRunImage) };
  const image = await context.client.send<ImageView>("POST", `/v1/apps/${app}/images`, {
    body: { ...request, ...runImage },
    signal: context.signal,
    answerLimitMs: EXPORT_LIMIT_MS,
  });
  const isPiped = destination.kind === "archive" && destination.file === "-";
  const tell = (...lines: string[]): void => (isPiped ? context.screen.error(...lines) : context.screen.line(...lines));
  tell(...image.log.map(visibleLine), ...image.notes.map((note) => `Note: ${visibleLine(note)}`));
  await write(context, { app, image, destination, input });
  if (isPiped) return 0;
  const where = destination.kind === "layout" ? destination.directory : destination.file;
  context.screen.result({ ...image, app, path: where }, () => [
    `${app} ${image.tag} is in ${where}`,
    `manifest ${image.digest}`,
    `image id ${image.imageId}`,
  ]);
  return 0;
}

function chooseDestination({ environment, screen }: CommandContext, input: CommandInput): Destination {
  const rawLayout = input.texts.get("oci");
  const rawArchive = input.texts.get("docker-archive");
  if ((rawLayout === undefined) === (rawArchive === undefined))
    throw usageError("Say where the image goes.", "Give either --oci DIR or --docker-archive FILE.");
  const absolute = (path: string): string => resolve(environment.userDirectory, path);
  if (rawLayout === undefined) {
    if (rawArchive === "-" && screen.isTerminal)
      throw usageError("An image is nothing for a terminal.", "Pipe it into `docker load`, or name a file.");
    return { kind: "archive", file: rawArchive === "-" ? "-" : absolute(rawArchive ?? "") };
  }
  if (input.switches.has("without-base"))
    throw usageError("--without-base goes with --docker-archive.", "A layout has all of its image.");
  checkLayoutDirectory(absolute(rawLayout));
  return { kind: "layout", directory: absolute(rawLayout) };
}

function readRequest({ environment }: CommandContext, input: CommandInput): ImageRequest {
  const rawRelease = input.arguments[0];
  const rawCompression = input.texts.get("compression") ?? "zstd";
  const compression = COMPRESSIONS.find((one) => one === rawCompression);
  if (compression === undefined)
    throw usageError(`--compression cannot be ${rawCompression}.`, "It is zstd, gzip or none.");
  const processType = input.texts.get("default-process");
  const { sourceDateEpoch } = environment;
  const created = { min: 0, max: CREATED_S_MAX };
  return {
    compression,
    ...(rawRelease === undefined ? {} : { release: parseRelease(rawRelease) }),
    ...(processType === undefined ? {} : { processType }),
    ...(sourceDateEpoch === undefined
      ? {}
      : { createdS: parseWholeNumber(sourceDateEpoch, "SOURCE_DATE_EPOCH", created) }),
  };
}

async function uploadRunImage(context: CommandContext, path: string): Promise<string> {
  const tar = await openRunImage(resolve(context.environment.userDirectory, path));
  const { digest } = await context.client.post<RunImageView>("/v1/run-images", tar, context.signal);
  return digest;
}

async function write(
  { client, signal }: CommandContext,
  { app, image, destination, input }: { app: string; image: ImageView; destination: Destination; input: CommandInput },
): Promise<void> {
  const path = `/v1/apps/${app}/images/${image.digest}`;
  if (destination.kind === "layout") {
    const tar = await client.download(`${path}/oci-layout`, signal);
    return writeLayout(tar, { directory: destination.directory, tag: input.texts.get("tag") ?? image.tag, signal });
  }
  const thin = input.switches.has("without-base") ? "?thin=true" : "";
  const tar = await client.download(`${path}/docker-archive${thin}`, signal);
  await (destination.file === "-" ? writeToOutput(tar, signal) : writeFile(tar, destination.file, signal));
}

/** Straight to file descriptor 1: the screen is for text. */
async function writeToOutput(tar: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(tar, createWriteStream("", { fd: 1, autoClose: false }), { signal });
  } catch (error) {
    // The reader has seen enough and says so itself.
    if (!hasCode(error, "EPIPE")) throw error;
  }
}

/** The file appears whole, or stays as it was. */
async function writeFile(tar: AsyncIterable<Buffer>, path: string, signal: AbortSignal): Promise<void> {
  const partial = `${path}.part`;
  try {
    await pipeline(tar, createWriteStream(partial), { signal });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
