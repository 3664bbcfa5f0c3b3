import type { Listener } from "../../engines/engine.ts";
import type { ExitRecord } from "../../model/instance.ts";
import type { CheckOutcome } from "../health/check-runner.ts";

/** What was seen of an instance, or of a command that ran once, that failed. Collected before anything is cleaned up. */
export type Evidence = {
  /** The port it was to listen on. */
  readonly port?: number;
  /** Where it listens; empty when it has ended. */
  readonly listeners: readonly Listener[];
  readonly exit?: ExitRecord;
  /** What its last check saw. */
  readonly outcome?: CheckOutcome;
  /** Its last lines, oldest first. */
  readonly lines: readonly string[];
  /** As the Procfile has it. */
  readonly command: string;
  /** The file of the app that the command runs, if it is one. */
  readonly script?: ScriptFile;
  /** Names of the config variables it was given. */
  readonly configNames: readonly string[];
};

/** A file that is run by its first line. */
export type ScriptFile = { readonly path: string; readonly isExecutable: boolean; readonly firstLine: string };

/** What happened and what to try, each a sentence without its full stop or with it; `seen`: the line that gave it away. */
export type Finding = { readonly problem: string; readonly advice: string; readonly seen?: string };

/** A reason for a failure: one file each. Pure; gives nothing when the evidence shows something else. */
export type Diagnosis = { readonly id: string; readonly find: (evidence: Evidence) => Finding | undefined };

/** The last line that matches, with its match. */
export function lastMatch(
  lines: readonly string[],
  pattern: RegExp,
): { readonly line: string; readonly match: RegExpExecArray } | undefined {
  for (const line of lines.toReversed()) {
    const match = pattern.exec(line);
    if (match !== null) return { line, match };
  }
  return undefined;
}

/** Whether what it printed can be the reason: it has ended, or does not listen where it should. */
export function hasFailedByItself({ exit, port, listeners }: Evidence): boolean {
  return exit !== undefined || (port !== undefined && !listeners.some((listener) => listener.port === port));
}
