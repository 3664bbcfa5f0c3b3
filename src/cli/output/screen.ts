import { startTicker, type Ticker } from "../../lib/ticker.ts";
import type { CliEnvironment, CliProcess, CliStream } from "../world.ts";
import { styleFor, type Style } from "./style.ts";
import { displayWidth, safeJson, safeJsonDocument } from "./text.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
const FRAME_MS = 80;
const COLUMNS_DEFAULT = 80;
const COLUMNS_MIN = 40;
const ERASE_LINE = "\r\u001b[2K";

/** What the global flags say about output. */
export type ScreenOptions = { readonly json: boolean; readonly color: boolean };

/**
 * Where a command writes. Without a terminal: plain lines, no escape codes. With `--json`: only JSON on stdout,
 * whatever `line` is given. The live line is on a terminal only, always below all other lines.
 */
export class Screen {
  readonly isJson: boolean;
  /** A person reads this and can answer. */
  readonly isTerminal: boolean;
  readonly style: Style;
  readonly errorStyle: Style;
  readonly #stdout: CliStream;
  readonly #stderr: CliStream;
  readonly #redraws: boolean;
  #live: ((frame: string) => string) | undefined;
  #ticker: Ticker | undefined;
  #frame = 0;

  constructor(process: CliProcess, environment: CliEnvironment, options: ScreenOptions) {
    const colored = environment.colorAllowed && options.color;
    this.#stdout = process.stdout;
    this.#stderr = process.stderr;
    this.isJson = options.json;
    this.isTerminal = process.stdout.isTTY === true;
    this.#redraws = this.isTerminal && environment.redrawAllowed && !options.json;
    this.style = styleFor(colored && this.isTerminal && !options.json);
    this.errorStyle = styleFor(colored && process.stderr.isTTY === true);
  }

  /** Columns lines should fit into; `undefined` when nobody looks, so nothing need be cut. */
  get columns(): number | undefined {
    return this.isTerminal ? Math.max(COLUMNS_MIN, this.#stdout.columns ?? COLUMNS_DEFAULT) : undefined;
  }

  /** Lines for people. */
  line(...lines: readonly string[]): void {
    if (!this.isJson) this.#write(lines.map((line) => `${line}\n`).join(""));
  }

  /** One JSON event on one line; nothing without `--json`. */
  event(value: unknown): void {
    if (this.isJson) this.#write(`${safeJson(value)}\n`);
  }

  /** The result of a command that does not stream: a JSON document, or lines for people. */
  result(value: unknown, lines: () => readonly string[]): void {
    if (this.isJson) this.#write(`${safeJsonDocument(value)}\n`);
    else this.line(...lines());
  }

  /** Bytes as they are, for `config:get` in a pipe. */
  raw(text: string): void {
    this.#write(text);
  }

  /** Lines of an error, on stderr. */
  error(...lines: readonly string[]): void {
    this.#erase();
    this.#stderr.write(lines.map((line) => `${line}\n`).join(""));
  }

  /** Shows a line that moves until the next call; `undefined` takes it away. The text must fit `columns`. */
  live(render: ((frame: string) => string) | undefined): void {
    if (!this.#redraws) return;
    this.#erase();
    this.#live = render;
    if (render === undefined) {
      this.#ticker?.stop();
      this.#ticker = undefined;
      return;
    }
    this.#draw();
    this.#ticker ??= startTicker(FRAME_MS, () => {
      this.#frame += 1;
      this.#erase();
      this.#draw();
    });
  }

  #write(text: string): void {
    this.#erase();
    this.#stdout.write(text);
    this.#draw();
  }

  #erase(): void {
    if (this.#live !== undefined) this.#stdout.write(ERASE_LINE);
  }

  #draw(): void {
    const text = this.#live?.(FRAMES[this.#frame % FRAMES.length] ?? "");
    // A line that wraps could not be erased again.
    if (text !== undefined && displayWidth(text) < (this.columns ?? 0)) this.#stdout.write(text);
  }
}
