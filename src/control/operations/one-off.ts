import type { Script } from "../../model/app-contract.ts";
import type { Artifact } from "../../model/artifact.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { describeExit, type ExitRecord, type InstanceId } from "../../model/instance.ts";
import type { LaunchProcess } from "../../model/launch-plan.ts";
import { declaredResources, type Resources } from "../../model/resources.ts";
import { artifactOf, oneOffSpec, type RunSubject } from "../instances/launch-spec.ts";
import type { Secret } from "../../lib/secret.ts";
import type { OneOffEnd } from "./request.ts";
import type { StepContext } from "./step.ts";

const EVIDENCE_LINES_MAX = 20;
const LAST_LINES_MAX = 1_000;
const KILL_GRACE_MS = 10_000;
const MINUTE_MS = 60_000;

/** Something that runs once, with the code and the config of `subject`: a hook, or the release command. */
export type OneOff = {
  /** `postdeploy`: its lines come as `app[postdeploy.1]`. */
  readonly name: string;
  /** From 1; of several of one name. */
  readonly number?: number;
  readonly subject: RunSubject;
  /** A script of the app's files, or a process that the artifact already has. */
  readonly command: Script | LaunchProcess;
  /** Instead of the app's config. */
  readonly env?: Readonly<Record<string, Secret>>;
  readonly limitMs: number;
  /** Its files are still needed when it has ended: whoever asks for this forgets it. */
  readonly keeps?: true;
};

/** How it ended. `problem` is empty when all is well; `error` is there when it could not be run at all. */
export type OneOffOutcome = {
  readonly ok: boolean;
  readonly problem: string;
  readonly evidence: readonly string[];
  readonly error?: unknown;
};

/**
 * Runs it to its end, streams its lines into the operation, and stops it at its time limit or when the operation is cancelled.
 * Asked again after a crash it finds the one that runs or has run: each runs once. Throws only when the control plane ends.
 */
export async function runOneOff(context: StepContext, oneOff: OneOff): Promise<OneOffOutcome> {
  const id = oneOffId(context.operation.id, oneOff);
  try {
    const end = recordedEnd(context, id) ?? (await runToEnd(context, oneOff, id));
    // Only now is its end a row: a repetition does not need it any more.
    if (oneOff.keeps !== true) await context.engine.forget(id, context.stopping);
    return outcomeOf(context, end, { id, limitMs: oneOff.limitMs });
  } catch (error) {
    if (isStopping(context.signal)) throw error;
    const evidence = error instanceof PortsideError ? error.evidence : [];
    return { ok: false, problem: error instanceof Error ? error.message : String(error), evidence, error };
  }
}

/** Runs it and throws unless it went well: E_CANCELLED, what the engine refused, or what `failure` makes of the problem. */
export async function demandOneOff(
  context: StepContext,
  oneOff: OneOff,
  failure: (problem: string, evidence: readonly string[]) => PortsideError,
): Promise<void> {
  const outcome = await runOneOff(context, oneOff);
  if (outcome.ok) return;
  context.signal.throwIfAborted();
  throw outcome.error ?? failure(outcome.problem, outcome.evidence);
}

/**
 * Runs it and gives the artifact with the files it has changed, the same one when it changed none. Contract §6, decision 0030.
 * Throws as `demandOneOff` does, and E_ENGINE_UNSUPPORTED before it runs where the engine cannot keep files.
 */
export async function runKeepingFiles(
  context: StepContext,
  oneOff: OneOff,
  failure: (problem: string, evidence: readonly string[]) => PortsideError,
): Promise<Artifact> {
  const { engine, builder, store, operation, signal } = context;
  const id = oneOffId(operation.id, oneOff);
  const kept = store.operations.get(operation.id).facts.kept?.[id];
  if (kept === undefined) {
    if (!engine.capabilities.fileExport)
      throw new PortsideError("E_ENGINE_UNSUPPORTED", { engine: engine.name, what: `keep what ${oneOff.name} writes` });
    await demandOneOff(context, { ...oneOff, keeps: true }, failure);
    const base = artifactOf(context, oneOff.subject);
    const writeApp = (directory: string, inner: AbortSignal): Promise<void> => engine.exportFiles(id, directory, inner);
    const derived = await builder.derive({ base, writeApp, signal });
    const { kept: others = {} } = store.operations.get(operation.id).facts;
    store.operations.addFacts(operation.id, { kept: { ...others, [id]: derived.digest } });
  }
  await engine.forget(id, signal);
  const { kept: all = {} } = store.operations.get(operation.id).facts;
  return artifactOf(context, { ...oneOff.subject, artifact: all[id] ?? oneOff.subject.artifact });
}

/** Stops and forgets every one-off of the operation: for the way back. Safe to repeat. */
export async function endOneOffs({ engine, operation, signal }: StepContext): Promise<void> {
  const observed = await engine.list(signal);
  const own = observed.filter(({ id, kind }) => kind === "oneOff" && operationOfOneOff(id) === operation.id);
  await Promise.all(
    own.map(async ({ id }) => {
      await engine.stop(id, KILL_GRACE_MS, signal);
      await engine.forget(id, signal);
    }),
  );
}

/** `postdeploy-1-o12`: the same each time the operation's step is run. */
export function oneOffId(operation: number, { name, number = 1 }: Pick<OneOff, "name" | "number">): InstanceId {
  return `${name.replaceAll("_", "-")}-${number}-o${operation}`;
}

/** The operation that a one-off belongs to; `undefined` when its id is none of ours. */
export function operationOfOneOff(id: InstanceId): number | undefined {
  const match = /-o(\d+)$/.exec(id);
  return match === null ? undefined : Number(match[1]);
}

async function runToEnd(context: StepContext, oneOff: OneOff, id: InstanceId): Promise<OneOffEnd> {
  const { engine, signal } = context;
  if (signal.aborted && !isStopping(signal)) {
    // An earlier life of the control plane may have started it.
    await engine.stop(id, KILL_GRACE_MS, context.stopping);
    return record(context, id, { cancelled: true });
  }
  const shown = new AbortController();
  const showing = show(context, oneOff, shown.signal);
  try {
    const end = await startAndWait(context, oneOff, id);
    return record(context, id, end);
  } catch (error) {
    // The next control plane finds it running, or ended.
    if (isStopping(signal)) throw error;
    await engine.stop(id, KILL_GRACE_MS, context.stopping);
    if (signal.aborted) return record(context, id, { cancelled: true });
    await engine.forget(id, context.stopping);
    throw error;
  } finally {
    shown.abort(new Error("ended"));
    await showing;
  }
}

async function startAndWait(context: StepContext, oneOff: OneOff, id: InstanceId): Promise<OneOffEnd> {
  const { engine, clock, signal } = context;
  const { name, number = 1, subject, env } = oneOff;
  const { process, resources } = processOf(oneOff);
  const spec = oneOffSpec(context, subject, {
    id,
    name,
    number,
    process,
    resources,
    ...(env === undefined ? {} : { env }),
  });
  await engine.prepareArtifact(spec.artifact, signal);
  const { startedAt } = await engine.start(spec, signal);
  const leftMs = Math.max(0, startedAt + oneOff.limitMs - clock.now());
  const done = new AbortController();
  const overdue = clock.sleep(leftMs, AbortSignal.any([signal, done.signal])).then(() => undefined);
  overdue.catch(() => {
    // It ended in time, or the wait is over for another reason.
  });
  const exit = await Promise.race([engine.exited(id, signal), overdue]).finally(() => done.abort(new Error("ended")));
  if (exit !== undefined) return { exit };
  await engine.stop(id, KILL_GRACE_MS, context.stopping);
  return { timedOut: true };
}

function processOf({ name, command }: OneOff): { readonly process: LaunchProcess; readonly resources: Resources } {
  if ("type" in command) return { process: command, resources: {} };
  // What a Procfile line becomes: one text for a shell.
  const shell = { args: [], direct: false, default: false, buildpackId: "" } as const;
  return { process: { type: name, command: [command.command], ...shell }, resources: declaredResources(command) };
}

function record(context: StepContext, id: InstanceId, end: OneOffEnd): OneOffEnd {
  const { store, operation } = context;
  const { oneOffs = {} } = store.operations.get(operation.id).facts;
  store.operations.addFacts(operation.id, { oneOffs: { ...oneOffs, [id]: end } });
  return end;
}

function recordedEnd({ store, operation }: StepContext, id: InstanceId): OneOffEnd | undefined {
  return store.operations.get(operation.id).facts.oneOffs?.[id];
}

function outcomeOf(
  { logs }: StepContext,
  end: OneOffEnd,
  { id, limitMs }: { readonly id: InstanceId; readonly limitMs: number },
): OneOffOutcome {
  const problem = problemOf(end, limitMs);
  const lines = problem === "" ? [] : logs.lastOf(id, EVIDENCE_LINES_MAX);
  return { ok: problem === "", problem, evidence: lines.map((line) => `${line.source}: ${line.text}`) };
}

function problemOf(end: OneOffEnd, limitMs: number): string {
  if ("timedOut" in end) return `it took longer than ${formatLimit(limitMs)} and was stopped`;
  if ("cancelled" in end) return "it was cancelled";
  return isSuccess(end.exit) ? "" : describeExit(end.exit);
}

function isSuccess(exit: ExitRecord): boolean {
  return exit.code === 0;
}

function formatLimit(limitMs: number): string {
  return limitMs % MINUTE_MS === 0 ? `${limitMs / MINUTE_MS} min` : `${limitMs / 1000} s`;
}

/** Streams its lines into the operation until it is stopped; what is stored by then is shown, what was shown before a crash is not again. */
async function show(context: StepContext, { name, number = 1 }: OneOff, signal: AbortSignal): Promise<void> {
  const id = oneOffId(context.operation.id, { name, number });
  const { logs, operation, store } = context;
  const source = `${name}.${number}`;
  const told = store.operations.outputCount(operation.id, source);
  const state = { seen: 0, lastId: 0 };
  const tell = (line: { readonly id: number; readonly text: string }): void => {
    if (line.id <= state.lastId) return;
    state.lastId = line.id;
    state.seen += 1;
    if (state.seen > told) context.tell.output(source, line.text);
  };
  for await (const line of logs.followInstance(operation.app, id, signal)) tell(line);
  for (const line of logs.lastOf(id, LAST_LINES_MAX)) tell(line);
}

function isStopping(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof PortsideError && signal.reason.code === "E_SERVER_STOPPING";
}
