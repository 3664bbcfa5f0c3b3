import { visibleText } from "../../lib/visible-text.ts";

/** Text of strangers (apps, files, config) on one line, with control and direction characters shown, not obeyed. security.md rule 18. */
export function visible(text: string): string {
  return visibleText(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** As `visible`, but tabs stay: for whole lines of output. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll("\n", "\\n");
}

/** JSON on one line that no terminal can misread: also the controls that JSON allows unescaped are written as `\uXXXX`. */
export function safeJson(value: unknown): string {
  return visibleText(JSON.stringify(value));
}

/** As `safeJson`, indented, for one document. */
export function safeJsonDocument(value: unknown): string {
  return visibleText(JSON.stringify(value, undefined, 2));
}

// oxlint-disable-next-line no-control-regex -- our own colour codes.
const COLOR_CODE = /\u001b\[[0-9;]*m/g;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const ZERO_WIDTH = /\p{Mark}/u;

/** Terminal columns a text takes; our own colour codes take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text.replaceAll(COLOR_CODE, "")) width += widthOf(character);
  return width;
}

function widthOf(character: string): number {
  if (character < "\u0300") return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Fills up with blanks on the right. */
export function padRight(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

/** Fills up with blanks on the left. */
export function padLeft(text: string, columns: number): string {
  return " ".repeat(Math.max(0, columns - displayWidth(text))) + text;
}

/** Cuts a text without colour codes to so many columns, the last of them `…`. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const character of text) {
    width += widthOf(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Breaks a text at blanks into lines of at most so many columns; a longer word gets a line of its own. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && displayWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** `4 ms`, `1.2 s`, `1 min 5 s`, `2 h 3 min`, `3 d 4 h`: two units at most. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return twoUnits(seconds, 60, ["min", "s"]);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return twoUnits(minutes, 60, ["h", "min"]);
  return twoUnits(Math.floor(minutes / 60), 24, ["d", "h"]);
}

function twoUnits(count: number, perMajor: number, [major, minor]: readonly [string, string]): string {
  const rest = count % perMajor;
  return `${Math.floor(count / perMajor)} ${major}${rest === 0 ? "" : ` ${rest} ${minor}`}`;
}

/** How long ago, in whole units: `12 s`, `3 min`, `2 h 5 min`. */
export function formatAge(ms: number): string {
  return ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1000))} s` : formatDuration(Math.floor(ms / 1000) * 1000);
}

/** `512 KB`, `48 MB`, `1.5 GB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 2 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
