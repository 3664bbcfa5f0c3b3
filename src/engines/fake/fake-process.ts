import type { ExitRecord } from "../../model/instance.ts";
import type { InstanceSpec, Listener, ObservedInstance } from "../engine.ts";
import { parseBehaviour, type Behaviour, type End } from "./behaviour.ts";

/** Added to the port of a program that listens on another one than it was told. */
const OTHER_PORT_OFFSET = 20_000;

type PlannedExit = { readonly at: number; readonly end: End | "lost" };

/**
 * One process of the fake machine. What it does is a function of time, so nothing runs in the background: ask with the time of now.
 * `onChange` callbacks are told whenever that function changed (a signal, a new behaviour).
 */
export class FakeProcess {
  readonly spec: InstanceSpec;
  readonly startedAt: number;
  readonly port: number | undefined;
  readonly #listeners = new Set<() => void>();
  #behaviour: Behaviour;
  #exit: PlannedExit | undefined;
  #termAt: number | undefined;
  #killAt = Number.POSITIVE_INFINITY;

  constructor(spec: InstanceSpec, startedAt: number, port: number | undefined) {
    this.spec = spec;
    this.startedAt = startedAt;
    this.port = port;
    this.#behaviour = parseBehaviour([...spec.process.command, ...spec.process.args].join(" "));
    this.#plan();
  }

  /** Calls back after every change, until the answer is called. */
  onChange(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  /** When it will end, as things are now. */
  get endsAt(): number | undefined {
    return this.#exit?.at;
  }

  exitAt(now: number): ExitRecord | undefined {
    if (this.#exit === undefined || this.#exit.at > now) return undefined;
    const { at, end } = this.#exit;
    return end === "lost" ? { lost: true, at } : { ...end, at };
  }

  observe(now: number): ObservedInstance {
    const { id, app, name, kind } = this.spec;
    const address = this.port === undefined ? {} : { address: { host: "127.0.0.1", port: this.port } };
    const exit = this.exitAt(now);
    return { id, app, name, kind, startedAt: this.startedAt, ...address, ...(exit === undefined ? {} : { exit }) };
  }

  listener(now: number): Listener | undefined {
    const { listen } = this.#behaviour;
    if (listen === undefined || this.port === undefined || this.exitAt(now) !== undefined) return undefined;
    if (now < this.startedAt + listen.afterMs) return undefined;
    const port = listen.where === "otherPort" ? this.port + OTHER_PORT_OFFSET : this.port;
    return { address: listen.where === "ownPortLocally" ? "127.0.0.1" : "0.0.0.0", port };
  }

  answer(path: string): number | "silent" {
    const { answers } = this.#behaviour;
    return answers[path] ?? answers["*"] ?? 200;
  }

  /** When line `index` (from 0) is printed; undefined when it never is. */
  lineAt(index: number): number | undefined {
    const { count, everyMs } = this.#behaviour.prints;
    const at = this.startedAt + index * everyMs;
    return index >= count || (this.#exit !== undefined && at > this.#exit.at) ? undefined : at;
  }

  terminate(now: number, graceMs: number): void {
    this.#termAt ??= now;
    this.#killAt = Math.min(this.#killAt, now + graceMs);
    this.#changed(now);
  }

  /** Ends it at once, from outside. */
  end(now: number, how: End | "lost"): void {
    if (this.exitAt(now) !== undefined) return;
    this.#exit = { at: now, end: how };
    this.#tell();
  }

  change(now: number, text: string): void {
    this.#behaviour = parseBehaviour(text, this.#behaviour);
    this.#changed(now);
  }

  #changed(now: number): void {
    if (this.exitAt(now) !== undefined) return;
    this.#plan();
    // A plan for the past (`exit 1` told to one that has run for an hour) means now.
    if (this.#exit !== undefined && this.#exit.at < now) this.#exit = { ...this.#exit, at: now };
    this.#tell();
  }

  #plan(): void {
    const { exit, onTerm = { afterMs: 0, end: { signal: "SIGTERM" } } } = this.#behaviour;
    const ends: PlannedExit[] = [];
    if (exit !== undefined) ends.push({ at: this.startedAt + exit.afterMs, end: exit.end });
    if (this.#termAt !== undefined && onTerm !== "ignore")
      ends.push({ at: this.#termAt + onTerm.afterMs, end: onTerm.end });
    if (this.#killAt !== Number.POSITIVE_INFINITY) ends.push({ at: this.#killAt, end: { signal: "SIGKILL" } });
    this.#exit = ends.toSorted((left, right) => left.at - right.at)[0];
  }

  #tell(): void {
    for (const callback of this.#listeners) callback();
  }
}
