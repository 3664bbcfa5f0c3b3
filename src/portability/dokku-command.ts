import type { ShellPiece } from "./shell-text.ts";

const HASH_COMMENT = /^([^\n]*)[\t\n\f\r ]#[^\n]+$/;
const SLASH_COMMENT = /^([^\n]*)[\t\n\f\r ]\/\/[^\n]+$/;
const LOST = /\\\$|\$(?:\$|\(|[0-9@*#?!-]|\{(?![A-Za-z_]\w*\}))|`/g;
const LOST_UNTIL = /^(?:\$\{[^}]*\}|\$\([^)]*\)|`[^`]*`|\\\$\w*)/;

/**
 * What Dokku keeps of a command: it cuts at the last blank and `#` that more text follows, else at the last blank and `//`,
 * blind to quotes. Reference page §2.
 */
export function cutByDokku(command: string): string {
  const match = HASH_COMMENT.exec(command) ?? SLASH_COMMENT.exec(command);
  return (match?.[1] ?? command).trim();
}

/**
 * The variable forms that Dokku's own expansion loses, quoted or not, in text order: `${X:-d}` and its like, `$(…)`, `$$`,
 * `$1`, `\$`, and backticks where asked for. `$X` and `${X}` are understood. Reference page §3.2.
 */
export function lostByDokku(command: string, options: { readonly areBackticksLost: boolean }): readonly ShellPiece[] {
  const kept = cutByDokku(command);
  const pieces: ShellPiece[] = [];
  for (const match of kept.matchAll(LOST)) {
    if (match[0] === "`" && !options.areBackticksLost) continue;
    const rest = kept.slice(match.index, match.index + SHOWN_CHARACTERS_MAX);
    pieces.push({ at: match.index, text: LOST_UNTIL.exec(rest)?.[0] ?? match[0] });
  }
  return pieces;
}

const SHOWN_CHARACTERS_MAX = 60;
