import { ANALYZE } from "./analyze-phase.ts";
import { BUILD } from "./build-phase.ts";
import { CREATE } from "./create-phase.ts";
import { DETECT } from "./detect-phase.ts";
import { EXPORT } from "./export-phase.ts";
import type { Phase } from "./phase.ts";
import { RESTORE } from "./restore-phase.ts";

/** The phases this lifecycle offers as programs. A new one is a file beside these and a row here. */
export const PHASES: readonly Phase[] = [ANALYZE, DETECT, RESTORE, BUILD, EXPORT, CREATE];
