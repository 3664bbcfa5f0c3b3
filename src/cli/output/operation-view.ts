import type { Clock } from "../../lib/clock.ts";
import type { OperationEvent, OperationFailure, StepEnded } from "../../model/operation.ts";
import {
  diagnosticLines,
  itemLines,
  outputLine,
  runningLine,
  sectionLine,
  stepDetail,
  stepLine,
  warningLines,
  type Canvas,
  type StepItem,
} from "./operation-lines.ts";
import type { Screen } from "./screen.ts";
import { visible } from "./text.ts";

/** Steps that may still find that there is nothing to do. Until one behind them has ended, lines are held back. */
const PREPARING: ReadonlySet<string> = new Set(["receive", "check", "config", "choose", "select", "scale"]);

/**
 * Shows an operation's events as they come: one line a step when it ends, a live line for the one that runs.
 * Lines of the preparing steps are held back until more happens, so that an operation that changes nothing
 * can be told in one line. How it ended is told by `concludeOperation`.
 */
export class OperationView {
  readonly #screen: Screen;
  readonly #clock: Clock;
  readonly #canvas: Canvas;
  #held: string[] | undefined;
  #items: StepItem[] = [];
  #warningCount = 0;
  #isCancelAsked = false;

  /** `heading` is the line above the steps. */
  constructor(screen: Screen, clock: Clock, heading: string) {
    this.#screen = screen;
    this.#clock = clock;
    this.#canvas = { style: screen.style, columns: screen.columns };
    this.#held = [heading];
  }

  /** Warnings that were seen, shown or held back. */
  get warningCount(): number {
    return this.#warningCount;
  }

  /** This user wants it cancelled. */
  askCancel(): void {
    this.#isCancelAsked = true;
    this.#print(`  ${this.#screen.style.yellow("!")} Ctrl-C: cancelling; once more leaves at once`);
  }

  show(event: OperationEvent): void {
    this.#screen.event(event);
    if (this.#screen.isJson) return;
    switch (event.type) {
      case "queued":
        return this.#run("waiting", () => "");
      case "begun":
        return;
      case "stepStarted":
        return this.#stepStarted(event.step, event.undo);
      case "item":
        this.#items.push(event);
        return;
      case "section":
        return this.#print(sectionLine(this.#canvas, event));
      case "output":
        return this.#print(outputLine(this.#canvas, event.text));
      case "diagnostic":
        this.#warningCount += event.diagnostic.severity === "warning" ? 1 : 0;
        return this.#hold(...diagnosticLines(this.#canvas, event.diagnostic));
      case "warning":
        this.#warningCount += 1;
        return this.#hold(...warningLines(this.#canvas, event));
      case "stepEnded":
        return this.#stepEnded(event);
      case "cancelRequested":
        if (!this.#isCancelAsked) this.#print(`  ${this.#screen.style.yellow("!")} cancelled from elsewhere`);
        return;
      case "ended":
        this.#screen.live(undefined);
        if (event.status !== "unchanged") this.#print();
    }
  }

  #stepStarted(step: string, undo: boolean): void {
    this.#items = [];
    this.#run(undo ? "undo" : step, () => (undo ? step : stepDetail("", this.#items)));
  }

  /** The live line from now on. */
  #run(name: string, detail: () => string): void {
    const startedAt = this.#clock.now();
    this.#screen.live((frame) =>
      runningLine(this.#canvas, { name, detail: detail(), elapsedMs: this.#clock.now() - startedAt }, frame),
    );
  }

  #stepEnded(event: StepEnded): void {
    const isDull = event.detail === "" && (event.outcome === "skipped" || event.outcome === "undone");
    if (isDull || event.unchanged === true) return;
    const detail = event.failure === undefined ? stepDetail(event.detail, this.#items) : failedDetail(event.failure);
    this.#hold(stepLine(this.#canvas, event, detail), ...itemLines(this.#canvas, detail, this.#items));
    if (event.outcome === "failed" || !PREPARING.has(event.step)) this.#print();
  }

  #hold(...lines: readonly string[]): void {
    if (this.#held === undefined) this.#screen.line(...lines);
    else this.#held.push(...lines);
  }

  #print(...lines: readonly string[]): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#screen.line(...held, ...lines);
  }
}

// Why it failed is told at the end, with the evidence; here the step's own part of it.
function failedDetail({ code }: OperationFailure): string {
  return code === "E_CANCELLED" ? "cancelled" : code;
}

/** `guestbook → embedded engine`, or what else happens to the app. */
export function operationHeading(screen: Screen, app: string, what: string): string {
  return `${screen.style.bold(visible(app))} → ${visible(what)}`;
}
