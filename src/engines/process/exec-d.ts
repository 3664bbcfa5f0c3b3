import { parse } from "smol-toml";
import { execCombined } from "../../lib/exec-combined.ts";

const LIMIT_MS = 30_000;
const ANSWER_BYTES_MAX = 1_048_576;

/** Which exec.d programs to run, in order, with what environment to begin with. */
export type ExecDRequest = {
  readonly programs: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

/** `env` is the whole environment behind the last program. `log` is what the programs printed, and why one failed. */
export type ExecDOutcome =
  | { readonly ok: true; readonly env: Readonly<Record<string, string>>; readonly log: string }
  | { readonly ok: false; readonly log: string };

/**
 * Runs the exec.d programs of the layers, each with the environment so far; what each writes to file descriptor 3 as TOML
 * `key = "value"` overrides. Stops at the first that fails. cnb.md §7.1 (6).
 */
export async function runExecD(request: ExecDRequest): Promise<ExecDOutcome> {
  let env = request.env;
  let log = "";
  for (const program of request.programs) {
    const options = {
      cwd: request.cwd,
      env,
      limitMs: LIMIT_MS,
      signal: request.signal,
      keepBytesMax: ANSWER_BYTES_MAX,
    };
    const result = await execCombined([program], options);
    request.signal.throwIfAborted();
    log += result.output;
    const fail = (problem: string): ExecDOutcome => ({
      ok: false,
      log: `${log}portside: exec.d program ${program} ${problem}\n`,
    });
    if (result.timedOut) return fail(`took longer than ${LIMIT_MS / 1_000} s`);
    if (result.exitCode !== 0) return fail(`failed (exit code ${result.exitCode ?? "unknown"})`);
    const values = parseAnswer(result.answer);
    if (values === undefined) return fail('gave something else than TOML `key = "value"` lines');
    env = { ...env, ...values };
  }
  return { ok: true, env, log };
}

/** Undefined when it is no TOML or holds anything but strings. What it holds is not told: it may be a secret. */
function parseAnswer(text: string): Record<string, string> | undefined {
  try {
    const entries = Object.entries(parse(text));
    return entries.every((entry): entry is [string, string] => typeof entry[1] === "string")
      ? Object.fromEntries(entries)
      : undefined;
  } catch {
    return undefined;
  }
}
