import { readFileSync, statSync } from "node:fs";
import { hasCode } from "../lib/files.ts";
import { watchFile, type FileWatch } from "../lib/watch-file.ts";
import type { RouteTable } from "../model/route-table.ts";
import type { EdgeLog } from "./edge-log.ts";
import type { EdgeLimits } from "./limits.ts";
import { parseTable, type ParsedTable } from "./table-parse.ts";

/** Which file, and who gets its tables. */
export type TableFileOptions = {
  readonly path: string;
  readonly limits: Pick<EdgeLimits, "tablePollMs" | "tableBytesMax">;
  readonly log: EdgeLog;
  /** Gets each good table, in the order of the file's changes. */
  readonly onTable: (table: RouteTable) => void;
};

/**
 * Reads the table now and after each replacement. A table that is no good is refused, said once, and the one before goes on;
 * so does a removed file. Nothing here ever clears a table. router.md §7.
 */
export function followTableFile(options: TableFileOptions): FileWatch {
  let lastText: string | undefined;
  const load = (): void => {
    const read = readTable(options.path, options.limits.tableBytesMax);
    if (read === undefined || read.text === lastText) return;
    lastText = read.text;
    const parsed: ParsedTable = "problem" in read ? { problem: read.problem } : parseTable(read.text);
    if ("problem" in parsed) return options.log.say("table-refused", { problem: parsed.problem });
    options.onTable(parsed.table);
    options.log.say("table", { version: parsed.table.version, routes: parsed.table.routes.length });
  };
  // The watch starts before the first read, so that no change falls between them.
  const watch = watchFile(options.path, { pollMs: options.limits.tablePollMs, onChange: load });
  load();
  return watch;
}

/** `text` of a problem stands for the problem itself, so that it is said once. */
type ReadTable = { readonly text: string } | { readonly text: string; readonly problem: string };

function readTable(path: string, bytesMax: number): ReadTable | undefined {
  try {
    const { size } = statSync(path);
    if (size > bytesMax) return { text: `\0${size}`, problem: `${size} bytes are more than the ${bytesMax} allowed` };
    return { text: readFileSync(path, "utf8") };
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    const problem = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { text: `\0${problem}`, problem };
  }
}
