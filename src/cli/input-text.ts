import { isUtf8 } from "node:buffer";
import { resolve } from "node:path";
import { readBoundedFile, type FileRefusal } from "../lib/bounded-file.ts";
import { PortsideError } from "../model/error-registry.ts";
import type { CommandContext } from "./command.ts";

/** The largest file a local command reads, as `up` and `deploy` do. */
export const INPUT_BYTES_MAX = 1_048_576;

/** Why a file gives no text, and where in it; `problem` completes "`Procfile` …". Line and column from 1. */
export type TextRefusal = {
  readonly line: number;
  readonly column: number;
  readonly problem: string;
  readonly hint: string;
};

/** A file's text; `isMissing`: there is no such file at all. */
export type TextReading =
  | { readonly text: string; readonly refusal?: undefined }
  | { readonly refusal: TextRefusal; readonly isMissing: boolean };

const REFUSALS: Readonly<Record<FileRefusal["why"], readonly [problem: string, hint: string]>> = {
  missing: ["does not exist", "Check the path."],
  dangling: ["is a link to nothing", "Replace it by a file."],
  loop: ["is a link that leads back to itself", "Replace it by a file."],
  folder: ["is a folder, but must be a file", "Rename the folder, or name the file in it."],
  special: ["is no regular file", "Replace it by a file; `-` reads standard input."],
  large: ["is larger than 1 MiB", "Make it shorter."],
  changed: ["changed while it was read", "Run the command again."],
  failed: ["cannot be read", "Check the file and its permissions."],
};

/** Reads a text file of at most 1 MiB. Waits for no pipe, throws for nothing that the file is. */
export function readTextFile(path: string): TextReading {
  const { bytes, refusal } = { bytes: undefined, ...readBoundedFile(path, INPUT_BYTES_MAX) };
  if (bytes !== undefined) return decode(bytes);
  const [problem, hint] = REFUSALS[refusal.why];
  const cause = refusal.why === "failed" ? ` (${refusal.systemCode})` : "";
  return { refusal: { line: 1, column: 1, problem: problem + cause, hint }, isMissing: refusal.why === "missing" };
}

/**
 * The text of the file somebody named, or of standard input for `-`. E_FILE_UNREADABLE names the place.
 * Relative paths start where the user stands.
 */
export async function readNamedText(context: CommandContext, name: string): Promise<string> {
  const isInput = name === "-";
  const path = resolve(context.environment.userDirectory, name);
  const reading = isInput ? await readInput(context) : readTextFile(path);
  if (reading.refusal === undefined) return reading.text;
  const { line, column, problem, hint } = reading.refusal;
  const place = `${isInput ? "standard input" : name}:${line}:${column}`;
  throw new PortsideError("E_FILE_UNREADABLE", { place, problem: `the file ${problem}`, advice: hint });
}

async function readInput({ stdin, signal }: CommandContext): Promise<TextReading> {
  const chunks: Buffer[] = [];
  let length = 0;
  const onAbort = (): void => void stdin.destroy(signal.reason as Error);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      chunks.push(bytes);
      length += bytes.length;
      if (length > INPUT_BYTES_MAX) {
        const [problem, hint] = REFUSALS.large;
        return { refusal: { line: 1, column: 1, problem, hint }, isMissing: false };
      }
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  return decode(Buffer.concat(chunks));
}

function decode(bytes: Buffer): TextReading {
  if (isUtf8(bytes)) return { text: bytes.toString("utf8") };
  const { line, column } = firstBrokenPlace(bytes);
  return { refusal: { line, column, problem: "is not UTF-8 text", hint: "Save the file as UTF-8." }, isMissing: false };
}

/** No byte of a longer UTF-8 sequence is a line feed, so each line can be judged alone. */
function firstBrokenPlace(bytes: Buffer): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1 && isUtf8(bytes.subarray(start, end)); end = bytes.indexOf(10, start)) {
    line += 1;
    start = end + 1;
  }
  const end = bytes.indexOf(10, start);
  return { line, column: soundUnits(bytes.subarray(start, end === -1 ? bytes.length : end)) + 1 };
}

/** UTF-16 units of the longest beginning that is UTF-8. */
function soundUnits(bytes: Buffer): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (isSoundBeginning(bytes, middle)) low = middle;
    else high = middle - 1;
  }
  while (low > 0 && !isUtf8(bytes.subarray(0, low))) low -= 1;
  return bytes
    .subarray(0, low)
    .toString("utf8")
    .replace(/^\uFEFF/, "").length;
}

/** Whether it is UTF-8 but for a last character that may be cut off. */
function isSoundBeginning(bytes: Buffer, length: number): boolean {
  return [0, 1, 2, 3].some((cut) => cut <= length && isUtf8(bytes.subarray(0, length - cut)));
}
