import { relative, resolve } from "node:path";
import { closest } from "../../lib/similar.ts";
import type { Platform } from "../../portability/platforms.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { usageError } from "../failure.ts";
import { requireFolder } from "./source-texts.ts";

/** How the findings are told. */
export type CheckFormat = "lines" | "json" | "sarif" | "github";

/** What was asked for, checked. `folder` is absolute. */
export type CheckRequest = {
  readonly folder: string;
  readonly platforms: readonly Platform[];
  readonly format: CheckFormat;
  readonly isStrict: boolean;
  /** `show`: only the difference. */
  readonly fix: "no" | "show" | "apply";
  /** A file's path for people, from where they stand when the folder lies below, else as they wrote it. */
  readonly pathOf: (file: string) => string;
  /** The same for machines: from where they stand, else from the folder. */
  readonly uriOf: (file: string) => string;
};

/** The request of a `check` command line. E_USAGE, E_FILE_UNREADABLE when there is no such folder. */
export async function readCheckRequest(context: CommandContext, input: CommandInput): Promise<CheckRequest> {
  const [typed = "."] = input.arguments;
  const format = chooseFormat(input);
  const platforms = await readPlatforms(input.texts.get("for"));
  const isDry = input.switches.has("dry-run");
  if (isDry && !input.switches.has("fix"))
    throw usageError("`--dry-run` says nothing without `--fix`.", "Add `--fix`.");
  const folder = resolve(context.environment.userDirectory, typed);
  requireFolder(folder, typed);
  const below = relative(context.environment.userDirectory, folder);
  const isOutside = below.startsWith("..") || resolve(below) === below;
  const prefix = (start: string, file: string): string =>
    start === "" ? file : `${start.replace(/\/+$/, "")}/${file}`;
  return {
    folder,
    platforms,
    format,
    isStrict: input.switches.has("strict"),
    fix: input.switches.has("fix") ? (isDry ? "show" : "apply") : "no",
    pathOf: (file) => prefix(isOutside ? typed : below, file),
    uriOf: (file) => prefix(isOutside ? "" : below, file),
  };
}

function chooseFormat(input: CommandInput): CheckFormat {
  const [format = "lines", other] = (["json", "sarif", "github"] as const).filter((name) => input.switches.has(name));
  if (other === undefined) return format;
  throw usageError(`\`--${format}\` and \`--${other}\` exclude each other.`, "Choose one of them.");
}

async function readPlatforms(raw: string | undefined): Promise<readonly Platform[]> {
  if (raw === undefined) return [];
  const { PLATFORM_NAMES, isPlatform } = await import("../../portability/platforms.ts");
  const names = raw.split(",").map((name) => name.trim());
  const all = [...PLATFORM_NAMES, "all"];
  const chosen = names.flatMap((name) => {
    if (name === "all") return PLATFORM_NAMES;
    if (isPlatform(name)) return [name];
    const near = closest(name, all);
    const hint = near === undefined ? `Use one of ${all.join(", ")}.` : `Did you mean \`${near}\`?`;
    throw usageError(`There is no platform \`${name}\`.`, hint);
  });
  return [...new Set(chosen)];
}
