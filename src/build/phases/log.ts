/** How much is said; each level includes those behind it. */
const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = (typeof LEVELS)[number];

/** Where lines go. `process.stdout` is one. */
export type LogStream = { write(text: string): unknown };

/** The lifecycle's log: plain lines, warnings and errors marked as the reference marks them. Errors go to the second stream. */
export class Log {
  readonly #out: LogStream;
  readonly #errors: LogStream;
  readonly #from: number;

  constructor(streams: { readonly out: LogStream; readonly errors: LogStream }, level: Level) {
    this.#out = streams.out;
    this.#errors = streams.errors;
    this.#from = LEVELS.indexOf(level);
  }

  debug(line: string): void {
    if (this.#from <= 0) this.#out.write(`${line}\n`);
  }

  info(line: string): void {
    if (this.#from <= 1) this.#out.write(`${line}\n`);
  }

  warn(line: string): void {
    if (this.#from <= 2) this.#out.write(`Warning: ${line}\n`);
  }

  error(line: string): void {
    this.#errors.write(`ERROR: ${line}\n`);
  }

  /** A line of a buildpack's own output; shown at every level. */
  output(line: string): void {
    this.#out.write(`${line}\n`);
  }
}

/** The level of that name, if there is one. */
export function findLevel(name: string): Level | undefined {
  return LEVELS.find((level) => level === name);
}
