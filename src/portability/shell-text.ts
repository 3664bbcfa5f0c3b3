/** A piece of a command line. `at`: offset from 0 in UTF-16 units. */
export type ShellPiece = { readonly at: number; readonly text: string };

/** A quoted piece, quotes included. `inner`: what stands between them; `literal`: the same without its expansions. */
export type QuotedPiece = ShellPiece & {
  readonly kind: "single" | "double";
  readonly inner: string;
  readonly literal: string;
};

/** A word; `value` is without quotes and escapes, expansions stay as they are written. */
export type ShellWord = ShellPiece & { readonly value: string };

/** What one command line is made of, as a shell reads it. Pieces are in text order. */
export type ShellText = {
  readonly text: string;
  /** Offset of the `#` of a comment. */
  readonly commentAt?: number;
  /** Unquoted `;` `&` `|` `<` `>` `(` `)`, none from inside `$(…)`. */
  readonly operators: readonly ShellPiece[];
  /** `NAME=value` before the first command. */
  readonly assignment?: ShellPiece;
  /** `exec` as the first word. */
  readonly exec?: ShellPiece;
  /** `$…` and backticks outside single quotes; none from inside another one. */
  readonly expansions: readonly ShellPiece[];
  readonly quoted: readonly QuotedPiece[];
  /** The words of the command that is left running, a pipeline's of all its commands; those of `sh -c '…'` stand behind them. */
  readonly runningWords: readonly ShellWord[];
  readonly stays: StayingShell;
};

/** `outer`: the shell that reads the line waits for its last program; `wrapper`: a `sh -c` in front of that program does. */
export type StayingShell = { readonly outer: boolean; readonly wrapper?: ShellPiece };
