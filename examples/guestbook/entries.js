// Where entries live: lines of JSON in DATA_FILE when it is set, else this process's memory.
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

const SHOWN_MAX = 100;

export function openEntries(file) {
  return file ? fileEntries(file) : memoryEntries();
}

function memoryEntries() {
  const entries = [];
  return {
    kept: "memory",
    add(entry) {
      entries.push(entry);
      if (entries.length > SHOWN_MAX) entries.shift();
    },
    newestFirst: () => [...entries].reverse(),
  };
}

function fileEntries(file) {
  mkdirSync(dirname(file), { recursive: true });
  return {
    kept: "file",
    // One short append a line: instances that share the file do not cut each other's lines.
    add: (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`),
    newestFirst: () => readEntries(file).slice(-SHOWN_MAX).reverse(),
  };
}

export function readEntries(file) {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}
