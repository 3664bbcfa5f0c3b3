import { commandNotFound } from "./command-not-found.ts";
import type { Diagnosis, Evidence, Finding } from "./diagnosis.ts";
import { diskFull } from "./disk-full.ts";
import { exitsAtOnce } from "./exits-at-once.ts";
import { hostRejected } from "./host-rejected.ts";
import { lineEnds } from "./line-ends.ts";
import { loopbackOnly } from "./loopback-only.ts";
import { missingVariable } from "./missing-variable.ts";
import { needsTty } from "./needs-tty.ts";
import { neverListens } from "./never-listens.ts";
import { notExecutable } from "./not-executable.ts";
import { otherPort } from "./other-port.ts";
import { outOfMemory } from "./out-of-memory.ts";
import { pathNotFound } from "./path-not-found.ts";
import { pathRedirect } from "./path-redirect.ts";
import { permissionDenied } from "./permission-denied.ts";
import { portInUse } from "./port-in-use.ts";
import { unauthorized } from "./unauthorized.ts";
import { wrongInterpreter } from "./wrong-interpreter.ts";

/** All diagnoses, the surest first: the first that fits is told. */
export const DIAGNOSES: readonly Diagnosis[] = [
  ...[outOfMemory, diskFull, portInUse],
  ...[lineEnds, wrongInterpreter, notExecutable, missingVariable, commandNotFound],
  ...[loopbackOnly, needsTty, permissionDenied, otherPort],
  ...[hostRejected, unauthorized, pathRedirect, pathNotFound, neverListens, exitsAtOnce],
];

/** The likeliest reason of a failure, from what was seen. Pure. `id` is `check-failed` when none of the known ones fits. Contract §10. */
export function diagnose(evidence: Evidence): Finding & { readonly id: string } {
  for (const { id, find } of DIAGNOSES) {
    const finding = find(evidence);
    if (finding !== undefined) return { id, ...finding };
  }
  return {
    id: "check-failed",
    problem: evidence.outcome?.detail ?? "it failed, and nothing shows why",
    advice: "Let the checked path answer 2xx, or correct `healthchecks` in app.json.",
  };
}
