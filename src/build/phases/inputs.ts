import { resolve } from "node:path";
import { FlagError, FLAGS, type Flag, type FlagName, type ParsedFlags } from "./flags.ts";

type NameOf<Kind extends Flag["kind"]> = {
  [Name in FlagName]: (typeof FLAGS)[Name]["kind"] extends Kind ? Name : never;
}[FlagName];

const YES = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const NO = new Set(["0", "f", "F", "FALSE", "false", "False", ""]);

/** What a phase was asked to do: flag before variable before default. Paths are absolute. cnb.md §1. */
export class Inputs {
  readonly #flags: ParsedFlags["values"];
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #directory: string;

  constructor(
    flags: ParsedFlags["values"],
    env: Readonly<Record<string, string | undefined>>,
    /** Relative paths start here. */
    directory: string,
  ) {
    this.#flags = flags;
    this.#env = env;
    this.#directory = directory;
  }

  /** Throws `FlagError` for the first of these flags whose value is not of its kind. */
  check(names: readonly FlagName[]): void {
    for (const name of names) {
      const { kind }: Flag = FLAGS[name];
      if (kind === "switch") this.#isOn(name);
      else if (kind === "number") this.#number(name);
    }
  }

  /** A path, absolute; empty when nothing names one. */
  path(name: NameOf<"path">): string {
    const value = this.#value(name);
    if (value === "") return "";
    const layers = name === "layers" ? "" : value.startsWith("<layers>") ? this.path("layers") : "";
    return resolve(
      this.#directory,
      value.replace(/^<layers>/, () => layers),
    );
  }

  /** A text; empty when nothing gives one. */
  text(name: NameOf<"text">): string {
    return this.#value(name);
  }

  /** Whether a switch is on. */
  isOn(name: NameOf<"switch">): boolean {
    return this.#isOn(name);
  }

  /** A whole number, when one is given. */
  number(name: NameOf<"number">): number | undefined {
    return this.#number(name);
  }

  #isOn(name: FlagName): boolean {
    const value = this.#value(name);
    if (YES.has(value)) return true;
    if (NO.has(value)) return false;
    throw new FlagError(`invalid boolean value "${value}" for -${name}`);
  }

  #number(name: FlagName): number | undefined {
    const value = this.#value(name);
    if (value === "") return undefined;
    if (/^\d{1,10}$/.test(value)) return Number(value);
    throw new FlagError(`invalid value "${value}" for -${name}`);
  }

  #value(name: FlagName): string {
    const flag: Flag = FLAGS[name];
    const variable = flag.variable === undefined ? undefined : this.#env[flag.variable];
    return this.#flags.get(name)?.at(-1) ?? (variable || undefined) ?? flag.fallback ?? "";
  }
}
