import { BUILD } from "./build-phase.ts";
import { DETECT } from "./detect-phase.ts";
import type { Phase } from "./phase.ts";
import { RESTORE } from "./restore-phase.ts";

/** The phases this lifecycle offers as programs. A new one is a file beside these and a row here. */
export const PHASES: readonly Phase[] = [DETECT, RESTORE, BUILD];
