import type { Engine } from "../../engines/engine.ts";
import type { Clock } from "../../lib/clock.ts";
import type { HealthCheck } from "../../model/app-contract.ts";
import type { Instance } from "../../model/instance.ts";
import { defaultHost } from "../routes/route-table.ts";
import type { HttpResult, Probe, ProbeTarget } from "./probe.ts";

/** Within one attempt a refused connection is tried again after this (D59). */
const REFUSED_RETRY_MS = 100;

/** What one check works with. */
export type CheckContext = {
  readonly engine: Engine;
  readonly probe: Probe;
  readonly clock: Clock;
  readonly instance: Instance;
  readonly signal: AbortSignal;
};

/** What one attempt saw, for people in `detail`, for the diagnosis in the rest. */
export type Attempt = {
  readonly passed: boolean;
  readonly detail: string;
  /** There when a `path` check got an answer. */
  readonly answer?: HttpAnswer;
};

/** An answer to a `path` check. */
export type HttpAnswer = { readonly path: string } & Pick<
  Extract<HttpResult, { answered: true }>,
  "status" | "body" | "location"
>;

/** One attempt of a check, at most as long as its `timeout`. Contract §8, D59–D63. */
export function attemptCheck(context: CheckContext, check: HealthCheck): Promise<Attempt> {
  if (check.uptime !== undefined) return attemptUptime(context, check.uptime);
  if (check.command !== undefined) return attemptCommand(context, check.command, check.timeout * 1000);
  const target = targetOf(context.instance, check);
  if (target === undefined)
    return Promise.resolve({
      passed: false,
      detail: `${context.instance.type} gets no PORT, and the check names no \`port\``,
    });
  return check.path === undefined
    ? attemptListening(context, target, check.timeout * 1000)
    : attemptPath(context, check, target);
}

async function attemptUptime(context: CheckContext, seconds: number): Promise<Attempt> {
  await sleepUntil(context, context.instance.startedAt + seconds * 1000);
  return { passed: true, detail: `up for ${seconds} s` };
}

async function attemptCommand(context: CheckContext, words: readonly string[], limitMs: number): Promise<Attempt> {
  const [program, ...rest] = words;
  const result = await context.engine.exec(context.instance.id, [program ?? "", ...rest], limitMs, context.signal);
  const output = result.output.trim().split("\n").at(-1) ?? "";
  const ending = result.timedOut
    ? `took longer than ${limitMs / 1000} s`
    : `ended with code ${result.exitCode ?? "unknown"}`;
  return {
    passed: result.exitCode === 0 && !result.timedOut,
    detail: [`\`${words.join(" ")}\` ${ending}`, output].filter(Boolean).join(": "),
  };
}

/** Waits until something accepts a connection, then looks whether others could reach it too. */
export async function attemptListening(context: CheckContext, target: ProbeTarget, limitMs: number): Promise<Attempt> {
  const deadline = context.clock.now() + limitMs;
  for (;;) {
    const left = Math.max(1, deadline - context.clock.now());
    const result = await context.probe.connect(target, left, context.signal);
    if (result.accepted)
      return (
        (await loopbackOnly(context, target)) ?? { passed: true, detail: `port ${target.port} accepts connections` }
      );
    if (!result.refused || deadline - context.clock.now() <= REFUSED_RETRY_MS) {
      return { passed: false, detail: `port ${target.port}: ${result.reason} for ${limitMs / 1000} s` };
    }
    await context.clock.sleep(REFUSED_RETRY_MS, context.signal);
  }
}

async function attemptPath(context: CheckContext, check: HealthCheck, target: ProbeTarget): Promise<Attempt> {
  const path = check.path ?? "/";
  const deadline = context.clock.now() + check.timeout * 1000;
  const label = `GET ${path}`;
  for (;;) {
    const left = Math.max(1, deadline - context.clock.now());
    const request = { ...target, scheme: check.scheme, path, headers: headersOf(context, check) };
    const result = await context.probe.request(request, left, context.signal);
    if (result.answered) return judgeAnswer({ context, check, target, path }, result);
    if (!result.refused || deadline - context.clock.now() <= REFUSED_RETRY_MS)
      return { passed: false, detail: `${label} on port ${target.port}: ${result.reason}` };
    await context.clock.sleep(REFUSED_RETRY_MS, context.signal);
  }
}

async function judgeAnswer(
  {
    context,
    check,
    target,
    path,
  }: {
    readonly context: CheckContext;
    readonly check: HealthCheck;
    readonly target: ProbeTarget;
    readonly path: string;
  },
  { status, body, location }: Extract<HttpResult, { answered: true }>,
): Promise<Attempt> {
  const answer: HttpAnswer = { path, status, body, ...(location === undefined ? {} : { location }) };
  const problem = findProblem(check, answer);
  if (problem !== undefined) return { passed: false, detail: `GET ${path} ${problem}`, answer };
  return (await loopbackOnly(context, target)) ?? { passed: true, detail: `GET ${path} ${status}`, answer };
}

function findProblem(check: HealthCheck, { status, body, location }: HttpAnswer): string | undefined {
  if (status < 200 || status > 299) {
    const where = location === undefined ? "" : ` (to ${location})`;
    return `answered ${status}${where}, expected 2xx`;
  }
  if (check.content !== undefined && !body.includes(check.content))
    return `answered ${status}, but the body lacks "${check.content}"`;
  return undefined;
}

/** Asks under the name that visitors use, unless the check says otherwise: apps refuse hosts they do not know. */
function headersOf(
  { instance }: CheckContext,
  { httpHeaders = [] }: HealthCheck,
): NonNullable<HealthCheck["httpHeaders"]> {
  const hasHost = httpHeaders.some(({ name }) => name.toLowerCase() === "host");
  return hasHost ? httpHeaders : [{ name: "Host", value: defaultHost(instance.app) }, ...httpHeaders];
}

/** A listener that only this machine can reach fails on every engine (D63). */
async function loopbackOnly(context: CheckContext, target: ProbeTarget): Promise<Attempt | undefined> {
  if (!context.engine.capabilities.listeners) return undefined;
  const listeners = await context.engine.listeners(context.instance.id, context.signal);
  const onPort = listeners.filter((listener) => listener.port === target.port);
  const isOpen = onPort.length === 0 || onPort.some((listener) => !isLoopback(listener.address));
  if (isOpen) return undefined;
  return {
    passed: false,
    detail: `listens on ${onPort[0]?.address}:${target.port} only, where no router could reach it`,
  };
}

/** 127.0.0.0/8, also written as IPv6, and `::1`. */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}

function targetOf(instance: Instance, check: HealthCheck): ProbeTarget | undefined {
  const port = check.port ?? instance.address?.port;
  return port === undefined ? undefined : { host: instance.address?.host ?? "127.0.0.1", port };
}

/** Waits until that moment, milliseconds since the epoch. */
export async function sleepUntil({ clock, signal }: CheckContext, at: number): Promise<void> {
  const waitMs = at - clock.now();
  if (waitMs > 0) await clock.sleep(waitMs, signal);
}
