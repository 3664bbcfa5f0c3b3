import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatReportToml } from "../files/report-toml.ts";
import { parseTable } from "../files/toml-document.ts";
import { readBaseContents, type BaseContents } from "../image/base-contents.ts";
import { readBuiltLayers } from "../image/built-layers.ts";
import { exportImage, type ExportedImage } from "../image/export-image.ts";
import { ImageError } from "../image/image-error.ts";
import { planImageLaunch } from "../image/image-launch.ts";
import { planOwner } from "../image/image-owner.ts";
import { lendLaunchFiles } from "../image/lend-launch-files.ts";
import type { LayerSource } from "../image/layer-plan.ts";
import { OciLayout } from "../image/oci-layout.ts";
import { emptyImage, type StoredImage } from "../image/stored-image.ts";
import { EXIT, PhaseFailure } from "../lifecycle/phase-failure.ts";
import { readAnalyzed } from "./documents.ts";
import { layoutOf, openLayoutImage, platformChoice, requireLayouts, type NamedLayout } from "./layouts.ts";
import type { Phase, PhaseCall } from "./phase.ts";
import { writeCache } from "./write-cache.ts";

const VERSION = "portside-0.1.0";

/** `export`: layers, app and run image → an image in a layout, `report.toml`. cnb.md §8. */
export const EXPORT: Phase = {
  name: "export",
  program: "exporter",
  flags: [
    ...(["analyzed", "app", "cache-dir", "cache-image", "gid", "group", "launcher", "layers", "layout"] as const),
    ...(["layout-dir", "process-type", "project-metadata", "report", "run", "run-image", "uid"] as const),
  ],
  wordsMax: 100,
  refusesRoot: false,
  becomesUser: true,
  exitCode: EXIT.export,
  run: exportPhase,
};

async function exportPhase(call: PhaseCall): Promise<void> {
  const { inputs, words } = call;
  const [first, ...others] = words;
  if (first === undefined)
    throw new PhaseFailure({
      phase: "export",
      action: "parse arguments",
      problem: "at least one image argument is required",
      exitCode: EXIT.arguments,
    });
  const layouts = requireLayouts(inputs);
  const outputs = [first, ...others].map((name) => layoutOf(name, layouts));
  const analyzed = readAnalyzed("export", inputs.path("analyzed"));
  const base = openRunImage(inputs.text("run-image") || (analyzed.runImage?.image ?? ""), layouts);
  const previous = openPrevious(analyzed.previousImage, layouts);
  const source = await layerSource(call, base);
  let made: ExportedImage | undefined;
  for (const output of outputs) made = await exportOne(call, { output, base, previous, source });
  if (made === undefined) return;
  const report = formatReportToml({ tags: words, digest: made.manifest.digest, manifestSizeBytes: made.manifest.size });
  mkdirSync(dirname(inputs.path("report")), { recursive: true });
  writeFileSync(inputs.path("report"), report);
  await keepCache(call, source);
}

/** The next build is slower without a cache, nothing else. cnb.md §9. */
async function keepCache({ inputs, log, signal }: PhaseCall, source: LayerSource): Promise<void> {
  if (inputs.text("cache-image") !== "") log.warn("Cache images are not supported; only -cache-dir is.");
  const directory = inputs.path("cache-dir");
  if (directory === "") return;
  try {
    await writeCache(directory, source);
  } catch (error) {
    signal.throwIfAborted();
    log.warn(`Failed to export cache: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function layerSource(
  { inputs, signal }: PhaseCall,
  base: StoredImage,
): Promise<LayerSource & { contents: BaseContents }> {
  const [app, layers] = [inputs.path("app"), inputs.path("layers")];
  const contents = await readBaseContents(base, signal);
  const planned = planOwner(base, contents).owner;
  return {
    built: readBuiltLayers(layers),
    placement: { app: { from: app, to: app }, layers: { from: layers, to: layers } },
    owner: { uid: inputs.number("uid") ?? planned.uid, gid: inputs.number("gid") ?? planned.gid },
    signal,
    contents,
  };
}

async function exportOne(
  call: PhaseCall,
  images: {
    readonly output: NamedLayout;
    readonly base: StoredImage;
    readonly previous: StoredImage | undefined;
    readonly source: LayerSource & { readonly contents: BaseContents };
  },
): Promise<ExportedImage> {
  const { inputs, env, log, signal } = call;
  const { output, base, previous, source } = images;
  const { built, placement, contents } = source;
  const launcherPath = inputs.path("launcher");
  const officialLauncher = existsSync(launcherPath) ? readFileSync(launcherPath) : undefined;
  const processType = inputs.text("process-type") || undefined;
  const lent = join(call.scratch, "lent");
  await lendLaunchFiles({ built, layersDir: inputs.path("layers"), previous }, lent, signal);
  const launch = planImageLaunch({
    lent,
    built,
    placement,
    base,
    contents,
    processType,
    officialLauncher,
    version: VERSION,
  });
  for (const note of launch.notes) log.warn(note);
  return exportImage(
    {
      ...source,
      launch,
      base,
      runImage: { reference: base.reference },
      previous,
      // Readers of `-layout` are CNB tools, and those know gzip.
      compression: "gzip",
      tag: "latest",
      // The user is the run image's affair, as the reference has it.
      defaultUser: undefined,
      createdS: createdAt(env["SOURCE_DATE_EPOCH"]),
      project: readProject(inputs.path("project-metadata")),
      tell: (line) => log.info(line),
    },
    new OciLayout(output.directory, signal),
  );
}

function openRunImage(name: string, layouts: string): StoredImage {
  if (name === "") return emptyImage(platformChoice());
  const image = openLayoutImage(layoutOf(name, layouts));
  if (image === undefined) throw new ImageError(`run image ${name} not found in ${layouts}`);
  return image;
}

function openPrevious(reference: string | undefined, layouts: string): StoredImage | undefined {
  if (reference === undefined) return undefined;
  return openLayoutImage(layoutOf(reference.replace(/@sha256:[0-9a-f]{64}$/, ""), layouts));
}

function createdAt(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new ImageError("SOURCE_DATE_EPOCH is no number of seconds");
}

function readProject(path: string): Readonly<Record<string, unknown>> {
  return existsSync(path) ? parseTable(readFileSync(path, "utf8"), path) : {};
}
