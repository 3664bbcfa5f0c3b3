import { exec } from "../../lib/exec.ts";
import { SHIM_ENV } from "./shim.ts";

const GIVE_BACK_BYTES = 8 * 1_048_576;
const LIMIT_MS = 10_000;

/**
 * Gives the disk blocks of consumed output back while the program goes on writing behind them: the file keeps its length and
 * gets a hole. Truncating it would lose lines. Where the machine or its file system cannot do that, nothing happens and
 * the file grows until the instance is forgotten.
 */
export class ConsumedOutput {
  readonly #file: string;
  readonly #stepBytes: number;
  #givenBack = 0;
  #isPossible = true;

  constructor(file: string, stepBytes = GIVE_BACK_BYTES) {
    this.#file = file;
    this.#stepBytes = stepBytes;
  }

  /** Everything before that offset will not be read again. */
  async consumed(offset: number): Promise<void> {
    const length = offset - this.#givenBack;
    if (!this.#isPossible || length < this.#stepBytes) return;
    this.#isPossible = await punchHole(this.#file, this.#givenBack, length);
    this.#givenBack = offset;
  }
}

async function punchHole(file: string, offset: number, length: number): Promise<boolean> {
  const argv = [
    "fallocate",
    "--punch-hole",
    "--offset",
    String(offset),
    "--length",
    String(length),
    "--",
    file,
  ] as const;
  try {
    return (await exec(argv, { cwd: "/", env: SHIM_ENV, limitMs: LIMIT_MS })).exitCode === 0;
  } catch {
    return false; // There is no such program here.
  }
}
