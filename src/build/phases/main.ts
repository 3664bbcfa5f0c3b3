import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { PortsideError } from "../../model/error-registry.ts";
import { EXIT, PhaseFailure } from "../lifecycle/phase-failure.ts";
import { FlagError, parseFlags, type FlagName } from "./flags.ts";
import { Inputs } from "./inputs.ts";
import { findLevel, Log, type LogStream } from "./log.ts";
import type { Phase, PhaseCall } from "./phase.ts";
import { PHASES } from "./phase-table.ts";

/** What the lifecycle takes from the process it runs in. `process` is one. */
export type LifecycleProcess = {
  /** The program and its script first. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: LogStream;
  readonly stderr: LogStream;
  cwd(): string;
  getuid?(): number;
  setuid?(uid: number): unknown;
  setgid?(gid: number): unknown;
  setgroups?(groups: number[]): unknown;
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
};

/** The one Platform API this lifecycle speaks. */
export const PLATFORM_API = "0.14";
/** Of the lifecycle, as `-version` says it. */
export const LIFECYCLE_VERSION = "portside-0.1.0";
const COMMON: readonly FlagName[] = ["log-level", "no-color", "version"];
const INTERRUPTED = 130;

/**
 * Runs one phase with the reference lifecycle's command line and gives its exit code; nothing is thrown: `portside-lifecycle
 * detect -app …`, or under the phase's own name (`detector -app …`). cnb.md §1, §10.
 *
 * `confined`: the caller has put this process where buildpacks can do no harm, so that it may be root (the creator of an image
 * does so before it gives up its rights). No flag and no variable says so.
 */
export async function runLifecycle(host: LifecycleProcess, options: { confined?: boolean } = {}): Promise<number> {
  const streams = { out: host.stdout, errors: host.stderr };
  let log = new Log(streams, "info");
  const abort = new AbortController();
  const stop = (): void => abort.abort(new PortsideError("E_CANCELLED"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) host.on(signal, stop);
  try {
    checkPlatformApi(host.env["CNB_PLATFORM_API"] ?? "");
    const { phase, argv } = choosePhase(host.argv);
    const names = [...COMMON, ...phase.flags];
    const flags = parseFlags(argv, names);
    const inputs = new Inputs(flags.values, host.env, host.cwd());
    inputs.check(names);
    if (inputs.isOn("version")) {
      log.info(LIFECYCLE_VERSION);
      return 0;
    }
    log = new Log(streams, levelOf(inputs));
    checkWords(phase, flags.words);
    if (phase.becomesUser) becomeUser(host, inputs);
    if (phase.refusesRoot && host.getuid?.() === 0 && options.confined !== true) throw refusesRoot(phase);
    log.debug(`Starting ${phase.program}...`);
    await runPhase(phase, { inputs, words: flags.words, log, env: definedOf(host.env), signal: abort.signal });
    return 0;
  } catch (error) {
    if (abort.signal.aborted) return INTERRUPTED;
    const { text, exitCode } = explain(error, host.argv);
    log.error(text);
    return exitCode;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) host.off(signal, stop);
  }
}

/** The directory for this call alone is made by whoever the phase runs as. */
async function runPhase(phase: Phase, call: Omit<PhaseCall, "scratch">): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "portside-lifecycle-"));
  try {
    await phase.run({ ...call, scratch });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function definedOf(env: LifecycleProcess["env"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** A call that was refused before its phase began. */
class Refusal extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

function checkPlatformApi(version: string): void {
  if (version.trim() === "") {
    throw new Refusal(
      `failed to set platform API: please set 'CNB_PLATFORM_API' to a supported value; supported: ${PLATFORM_API}`,
      EXIT.platformApi,
    );
  }
  if (version.trim() === PLATFORM_API) return;
  throw new Refusal(
    `failed to set platform API: platform API version '${version}' is incompatible with the lifecycle`,
    EXIT.platformApi,
  );
}

/** By the name the program was called with, else by the first word. */
function choosePhase([, script = "", first, ...rest]: readonly string[]): { phase: Phase; argv: readonly string[] } {
  const called = basename(script).replace(/\.ts$/, "");
  const own = PHASES.find(({ program }) => program === called);
  if (own !== undefined) return { phase: own, argv: first === undefined ? [] : [first, ...rest] };
  const phase = PHASES.find(({ name }) => name === first);
  if (phase !== undefined) return { phase, argv: rest };
  const names = PHASES.map(({ name }) => name).join(", ");
  const problem = first === undefined ? "" : `: unknown phase: ${first}`;
  throw new Refusal(`failed to parse arguments${problem}; there are ${names}`, EXIT.arguments);
}

function levelOf(inputs: Inputs): NonNullable<ReturnType<typeof findLevel>> {
  const level = findLevel(inputs.text("log-level"));
  if (level !== undefined) return level;
  throw new Refusal("failed to parse log level", EXIT.arguments);
}

function checkWords(phase: Phase, words: readonly string[]): void {
  if (words.length <= phase.wordsMax) return;
  throw new Refusal("failed to parse arguments: received unexpected arguments", EXIT.arguments);
}

/** Gives up root's rights for good; the layers directory is handed over. */
function becomeUser(host: LifecycleProcess, inputs: Inputs): void {
  const [uid, gid] = [inputs.number("uid"), inputs.number("gid")];
  if (host.getuid?.() !== 0 || !uid || !gid) return;
  const layers = inputs.path("layers");
  if (existsSync(layers)) chownSync(layers, uid, gid);
  host.setgroups?.([gid]);
  host.setgid?.(gid);
  host.setuid?.(uid);
}

function refusesRoot({ name }: Phase): Refusal {
  return new Refusal(`failed to ${name}: refusing to run as root`, EXIT.failed);
}

function explain(error: unknown, argv: readonly string[]): { text: string; exitCode: number } {
  if (error instanceof Refusal) return { text: error.message, exitCode: error.exitCode };
  if (error instanceof FlagError)
    return { text: `failed to parse arguments: ${error.message}`, exitCode: EXIT.arguments };
  if (error instanceof PhaseFailure)
    return { text: `failed to ${error.action}: ${error.problem}`, exitCode: error.exitCode };
  const { phase } = choosePhase(argv);
  const message = error instanceof Error ? error.message : String(error);
  return { text: `failed to ${phase.name}: ${message}`, exitCode: phase.exitCode };
}
