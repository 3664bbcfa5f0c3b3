import type { AppSource } from "./app-source.ts";
import type { ProcessEntry } from "./procfile-lines.ts";
import type { QuotedPiece, ShellPiece } from "./shell-text.ts";

/**
 * What happens to a command on a platform. `shell`: a shell runs it. `words`: it is split into words that nobody expands.
 * `echo`: Dokku's `exec $(eval echo …)`, which expands but knows no operators and loses quotes. Reference page §3.
 */
export type CommandMode = "shell" | "words" | "echo";

/** How the platform runs the command of this process type. */
export function commandMode(app: AppSource, entry: ProcessEntry): CommandMode {
  const hasEntrypoint = app.dockerfile?.entrypoint !== undefined;
  switch (app.platform) {
    case "dokku":
      if (entry.name === "release") return hasEntrypoint ? "words" : "shell";
      return app.build === "classic" ? "echo" : "words";
    case "aptible":
      return hasEntrypoint ? "words" : "shell";
    case "paketo":
      return app.isDirect ? "words" : "shell";
    case "heroku":
    case "heroku-cnb":
    case "heroku-local":
    case "apppack":
      return "shell";
  }
}

/** The first piece of a command that only a shell would understand, where none runs it. */
export function findShellSyntax(app: AppSource, entry: ProcessEntry): ShellPiece | undefined {
  const mode = commandMode(app, entry);
  if (mode === "shell") return undefined;
  const shell = app.shellOf(entry);
  const pieces = [...shell.operators, shell.assignment, shell.exec];
  if (mode === "echo") pieces.push(...shell.quoted.filter(isLostQuote));
  // Dokku itself cuts comments off.
  if (app.platform !== "dokku" && shell.commentAt !== undefined) pieces.push({ at: shell.commentAt, text: "#" });
  return pieces.filter((piece) => piece !== undefined).toSorted((a, b) => a.at - b.at)[0];
}

/** Without its quotes the piece would be split, globbed, or taken as something else. */
function isLostQuote(piece: QuotedPiece): boolean {
  if (piece.inner === "" || /\s/.test(piece.inner)) return true;
  return /[;&|<>()*?[$`]/.test(piece.literal);
}
