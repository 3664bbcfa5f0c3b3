import type { Clock } from "../lib/clock.ts";
import type { ApiClient } from "./api-client.ts";
import type { Interrupts } from "./interrupts.ts";
import type { Screen } from "./output/screen.ts";
import type { CliEnvironment } from "./world.ts";

/** A flag as the parser and the manual need it. */
export type FlagSpec = {
  /** `texts` may be given several times. */
  readonly kind: "switch" | "text" | "texts";
  readonly short?: string;
  /** What stands for the value in the manual: `NAME`. */
  readonly value?: string;
  readonly summary: string;
};

/** A positional argument. `many` takes all that follow. */
export type ArgumentSpec = {
  readonly name: string;
  readonly required: boolean;
  readonly many?: boolean;
  readonly summary: string;
};

/**
 * One command as data: help, did-you-mean, the parser and `docs/reference/cli/` come from these.
 * Written in `command-table.ts`. Read by parse, main and the manual.
 */
export type CommandSpec = {
  /** `ps:scale`; `ps scale` works as well. */
  readonly name: string;
  /** One line, imperative, without a full stop. */
  readonly summary: string;
  /** Sentences for the command's own page. */
  readonly description: readonly string[];
  readonly arguments: readonly ArgumentSpec[];
  /** Without the global ones. */
  readonly flags: Readonly<Record<string, FlagSpec>>;
  readonly examples: readonly string[];
  /** Works without a Portside home. */
  readonly offline?: boolean;
  readonly load: () => Promise<CommandModule>;
};

/** What a file in `commands/` exports. Gives the exit status; throws `CliError` or `PortsideError`. */
export type CommandModule = { readonly run: (context: CommandContext, input: CommandInput) => Promise<number> };

/** What was typed, checked against the table: known flags, required arguments present. */
export type CommandInput = {
  readonly spec: CommandSpec;
  readonly arguments: readonly string[];
  readonly switches: ReadonlySet<string>;
  readonly texts: ReadonlyMap<string, string>;
  /** Of flags of kind `texts`, in the order they were typed. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
};

/** What every command gets. */
export type CommandContext = {
  readonly commands: readonly CommandSpec[];
  readonly environment: CliEnvironment;
  readonly screen: Screen;
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly interrupts: Interrupts;
  /** Aborts when the user wants to leave now. */
  readonly signal: AbortSignal;
  /** Asks for one line on the terminal; `undefined` where there is none. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** What is piped in; only a command that was told to read it does. */
  readonly stdin: NodeJS.ReadableStream & { destroy(error?: Error): unknown };
  /** The script that starts the server. */
  readonly serverScript: string;
};
