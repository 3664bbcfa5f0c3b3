import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { StringDecoder } from "node:string_decoder";

const LINES_KEPT_MAX = 400;
const LINE_CHARS_MAX = 10_000;
/** How long output of a program that has ended is waited for: what it left running may hold the pipes open for ever. */
const DRAIN_MS = 1_000;

/**
 * Runs a program, shows its lines as they come, without secrets, and gives how it ended:
 * `{ status, signal, lines, missing }`, `lines` being its last ones, `missing` true when there is no such program.
 * `holds` picks lines that are shown last, after `trim` had a look at them.
 */
export async function run(argv, { env, cwd, redact, holds = () => false, trim = (lines) => lines }) {
  const lines = [];
  const held = [];
  const onLine = (raw) => {
    const line = redact(raw);
    if (lines.push(line) > LINES_KEPT_MAX) lines.shift();
    if (holds(line)) held.push(line);
    else console.log(line);
  };
  const child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", "pipe", "pipe"], env, cwd });
  const readers = [child.stdout, child.stderr].map((stream) => readLines(stream, onLine));
  const end = await ended(child);
  for (const flush of readers) flush();
  for (const line of trim(held)) console.log(line);
  return { ...end, lines };
}

function ended(child) {
  return new Promise((resolve) => {
    let end;
    const settle = () => {
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(end);
    };
    child.on("error", (error) => resolve({ status: 127, signal: null, missing: error.code === "ENOENT" }));
    child.on("exit", (status, signal) => {
      end = { status, signal, missing: false };
      setTimeout(settle, DRAIN_MS).unref();
    });
    child.on("close", () => end !== undefined && settle());
  });
}

/** Calls `onLine` for each line, in parts where one is very long; gives a function that hands out an unfinished last one. */
function readLines(stream, onLine) {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (chunk) => {
    const parts = (rest + decoder.write(chunk)).split(/\r?\n/);
    rest = parts.pop();
    parts.forEach(onLine);
    if (rest.length > LINE_CHARS_MAX) {
      onLine(rest);
      rest = "";
    }
  });
  return () => {
    if (rest !== "") onLine(rest);
    rest = "";
  };
}

/** The file that a name stands for on this PATH; undefined when there is none. */
export function findProgram(name, path) {
  for (const directory of path.split(delimiter)) {
    const file = join(directory, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here: look in the next directory.
    }
  }
  return undefined;
}
