import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { FixedFile } from "../../contract/fix/fix-plan.ts";
import { writeFileAtomic } from "../../lib/files.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { readTextFile } from "../input-text.ts";

const PERMISSION_BITS = 0o7777;

/** The files of the plan that may be written: a link stays as it is, since what it points to may belong to others. */
export function splitLinks(
  folder: string,
  plan: readonly FixedFile[],
): { readonly files: readonly FixedFile[]; readonly links: readonly string[] } {
  const isLink = ({ path }: FixedFile): boolean => lstatSync(join(folder, path)).isSymbolicLink();
  return { files: plan.filter((file) => !isLink(file)), links: plan.filter(isLink).map((file) => file.path) };
}

/**
 * Writes each file in one step, its permissions kept; one that is not any more what was checked stops it.
 * E_FILE_UNREADABLE; a disk or a permission that says no is thrown as such.
 */
export function writeFixed(folder: string, files: readonly FixedFile[]): void {
  for (const { path, before, after } of files) {
    const target = join(folder, path);
    const reading = readTextFile(target);
    if (reading.refusal !== undefined || reading.text !== before)
      throw new PortsideError("E_FILE_UNREADABLE", {
        place: path,
        problem: "the file changed while it was checked",
        advice: "Run the command again.",
      });
    writeFileAtomic(target, after, lstatSync(target).mode & PERMISSION_BITS);
  }
}
