import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { caseSensitiveImport } from "./case-sensitive-import.ts";
import type { BuildEvidence, Diagnosis, Finding } from "./diagnosis.ts";
import { missingBuildDependency } from "./missing-build-dependency.ts";
import { missingLockFile } from "./missing-lock-file.ts";
import { nativeModule } from "./native-module.ts";
import { network } from "./network.ts";
import { noStartScript } from "./no-start-script.ts";
import { outOfDisk } from "./out-of-disk.ts";
import { outOfMemory, perhapsOutOfMemory } from "./out-of-memory.ts";
import { ownExplanation } from "./own-explanation.ts";
import { privateRegistry } from "./private-registry.ts";
import { wrongEngine } from "./wrong-engine.ts";

/** What explains most comes first: a program that was killed may complain about anything. */
const DIAGNOSES: readonly Diagnosis[] = [
  outOfMemory,
  ownExplanation,
  outOfDisk,
  missingLockFile,
  privateRegistry,
  wrongEngine,
  network,
  nativeModule,
  noStartScript,
  caseSensitiveImport,
  missingBuildDependency,
  perhapsOutOfMemory,
];

/** The common cause that the evidence shows, if any. Pure. */
export function diagnose(evidence: BuildEvidence): (Finding & { readonly name: string }) | undefined {
  for (const { name, find } of DIAGNOSES) {
    const finding = find(evidence);
    if (finding !== undefined) return { name, ...finding };
  }
  return undefined;
}

/**
 * A path below `app`, relative to it, that differs from `path` in case alone, with or without an extension.
 * Nothing when the path itself is there, or lies elsewhere.
 */
export function findOtherCase(app: string, path: string): string | undefined {
  const wanted = relative(app, join(path));
  if (wanted === "" || wanted.startsWith("..") || wanted.includes("node_modules/")) return undefined;
  let directory = app;
  const parts = wanted.split("/");
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const names = namesIn(directory);
    const same = names.find((name) => fits(name, part, isLast));
    const other = names.find((name) => fits(name.toLowerCase(), part.toLowerCase(), isLast));
    if (other === undefined) return undefined;
    directory = join(directory, same ?? other);
  }
  const found = relative(app, directory);
  return fits(found, wanted, true) ? undefined : found;
}

function fits(name: string, part: string, mayHaveExtension: boolean): boolean {
  return name === part || (mayHaveExtension && name.startsWith(`${part}.`) && dirname(name) === dirname(part));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    // Not a directory: the path leads nowhere.
    return [];
  }
}
