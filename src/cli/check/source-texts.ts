import { statSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "../../lib/files.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { readTextFile, type TextRefusal } from "../input-text.ts";

/**
 * What a folder holds of the files that are looked at: texts by path, in the order they are shown in, and a finding for each that
 * gives no text, or one with NUL. Written by `readSourceTexts`. Read by the check. Nowhere stored.
 */
export type SourceTexts = {
  readonly texts: ReadonlyMap<string, string>;
  readonly refusals: readonly Diagnostic[];
};

/** The files Portside itself has rules for, in the order they are shown in. */
export const CONTRACT_FILES = ["Procfile", "app.json", "project.toml", ".aptible.yml", ".env"] as const;

/** Reads those of the files that exist. E_FILE_UNREADABLE when there is no such folder. */
export function readSourceTexts(folder: string, paths: readonly string[]): SourceTexts {
  const texts = new Map<string, string>();
  const refusals: Diagnostic[] = [];
  for (const path of paths) {
    const reading = readTextFile(join(folder, path));
    if (reading.refusal === undefined) {
      texts.set(path, reading.text);
      const nul = reading.text.indexOf("\0");
      if (nul !== -1) refusals.push(unreadable(path, nulRefusal(reading.text, nul)));
    } else if (!reading.isMissing) refusals.push(unreadable(path, reading.refusal));
  }
  return { texts, refusals };
}

/** E_FILE_UNREADABLE unless the path is a folder; `shown` is how the user wrote it. */
export function requireFolder(path: string, shown: string): void {
  let problem: string;
  try {
    if (statSync(path).isDirectory()) return;
    problem = "this is a file, but must be a folder";
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    problem = hasCode(error, "ENOENT")
      ? "there is no such folder"
      : `the folder cannot be read (${String(error.code)})`;
  }
  throw new PortsideError("E_FILE_UNREADABLE", {
    place: shown,
    problem,
    advice: "Name the folder that holds the Procfile.",
  });
}

function nulRefusal(text: string, offset: number): TextRefusal {
  const before = text.slice(0, offset).replace(/^\uFEFF/, "");
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return { line, column: before.length - lineStart + 1, problem: "holds a NUL character", hint: "Remove it." };
}

function unreadable(file: string, { line, column, problem, hint }: TextRefusal): Diagnostic {
  return { code: "FILE_UNREADABLE", severity: "error", file, line, column, message: `\`${file}\` ${problem}.`, hint };
}
