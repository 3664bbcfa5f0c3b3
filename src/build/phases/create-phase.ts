import { EXIT, PhaseFailure } from "../lifecycle/phase-failure.ts";
import { ANALYZE } from "./analyze-phase.ts";
import { BUILD } from "./build-phase.ts";
import { DETECT } from "./detect-phase.ts";
import { EXPORT } from "./export-phase.ts";
import type { Phase, PhaseCall } from "./phase.ts";
import { RESTORE } from "./restore-phase.ts";

const PARTS = [ANALYZE, DETECT, RESTORE, BUILD, EXPORT];

/** `create`: the five phases in this order in one process. cnb.md §1. */
export const CREATE: Phase = {
  name: "create",
  program: "creator",
  flags: [...new Set(PARTS.flatMap(({ flags }) => flags))],
  wordsMax: 1,
  refusesRoot: true,
  becomesUser: true,
  exitCode: EXIT.failed,
  async run(call: PhaseCall): Promise<void> {
    const [image] = call.words;
    if (image === undefined)
      throw new PhaseFailure({
        phase: "export",
        action: "parse arguments",
        problem: "image argument is required",
        exitCode: EXIT.arguments,
      });
    for (const part of PARTS) {
      call.log.info(`===> ${part.name.toUpperCase().replace(/E?$/, "ING")}`);
      await runPart(part, part === ANALYZE || part === EXPORT ? call : { ...call, words: [] });
    }
  },
};

/** A failure without a code of its own gets that of its phase. */
async function runPart(part: Phase, call: PhaseCall): Promise<void> {
  try {
    await part.run(call);
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof PhaseFailure || part.name === "create") throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw new PhaseFailure({ phase: part.name, problem, exitCode: part.exitCode, cause: error });
  }
}
