import type { ProcfileEntry } from "../model/app-contract.ts";
import type { Printed } from "./printed.ts";
import { foldName, parseProcfile } from "./procfile.ts";

type Entry = Pick<ProcfileEntry, "name" | "command">;

/**
 * Writes a Procfile, one entry a line, so that reading it gives the same names and commands. Entries that no Procfile can hold (a wrong
 * or repeated name, a command of several lines …) are named with the reason. Contract §2.
 */
export function printProcfile(entries: readonly Entry[]): Printed {
  const names = new Set<string>();
  const unprintable = entries.flatMap((entry) => {
    const reason = reasonAgainst(entry, names);
    names.add(foldName(entry.name));
    return reason === undefined ? [] : [{ name: entry.name, reason }];
  });
  return unprintable.length > 0 ? { ok: false, unprintable } : { ok: true, text: entries.map(lineOf).join("") };
}

function lineOf({ name, command }: Entry): string {
  return `${name}: ${command}\n`;
}

function reasonAgainst(entry: Entry, earlier: ReadonlySet<string>): string | undefined {
  if (earlier.has(foldName(entry.name))) return "An earlier entry has the same name, or one that differs too little.";
  const { value, diagnostics } = parseProcfile(lineOf(entry));
  if (value[0]?.name === entry.name && value[0].command === entry.command) return undefined;
  return (
    diagnostics[0]?.message ?? "It would read back differently: blanks around it, a line end, or a colon in the name."
  );
}
