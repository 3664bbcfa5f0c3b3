import { shownText } from "../contract/shown-text.ts";
import type { AppSource } from "./app-source.ts";
import { commandMode, findShellSyntax } from "./command-mode.ts";
import { exposesPorts, setsVariable } from "./dockerfile.ts";
import { cutByDokku, lostByDokku } from "./dokku-command.ts";
import type { Spot } from "./finding.ts";
import { spotInCommand } from "./procfile-findings.ts";
import type { ProcessEntry } from "./procfile-lines.ts";
import type { ShellPiece, ShellText } from "./shell-text.ts";
import { readBinding } from "./web-binding.ts";

/** PF007: comments that Dokku sees where the shell sees none, or other ones. */
export function findCutCommands(app: AppSource): readonly Spot[] {
  return app.entries.flatMap((entry) => {
    if (entry.line.traits.includes("commentAsCommand") || !/#|\/\//.test(entry.command)) return [];
    const cut = cutByDokku(entry.command);
    const meant = withoutComment(app.shellOf(entry));
    if (cut === meant) return [];
    // Where a shell reads what Dokku leaves over, it drops the rest of its own comment itself.
    const isRestDropped = commandMode(app, entry) !== "words" && cut.length > meant.length;
    if (isRestDropped) return [];
    const message = `Dokku cuts the command to \`${shownText(cut)}\`: it looks for \` #\` and \` //\`, quotes or not.`;
    return [
      spotInCommand(entry, Math.min(cut.length, meant.length), { message, hint: "Move the command into a script." }),
    ];
  });
}

function withoutComment({ text, commentAt }: ShellText): string {
  return text.slice(0, commentAt).trim();
}

const SCRIPT_HINT = "Move the command into a script, as in `web: bin/start-web`.";

/** PF008: shell syntax where there is no shell. */
export function findLostSyntax(app: AppSource): readonly Spot[] {
  return app.entries.flatMap((entry) => {
    const piece = findShellSyntax(app, entry);
    if (piece === undefined) return [];
    return [spotInCommand(entry, piece.at, { message: lostSyntax(app, entry, piece), hint: syntaxHint(app, entry) })];
  });
}

function lostSyntax(app: AppSource, entry: ProcessEntry, piece: ShellPiece): string {
  const shown = shownText(piece.text);
  if (commandMode(app, entry) === "words")
    return `No shell runs \`${shownText(entry.name)}\` at ${app.facts.title}, so \`${shown}\` becomes an argument.`;
  const isQuote = /^\$?["']/.test(piece.text);
  const effect = isQuote ? "loses its quotes" : "is not understood";
  return `Dokku's buildpack images run \`${shownText(entry.name)}\` without a shell: \`${shown}\` ${effect}.`;
}

function syntaxHint(app: AppSource, entry: ProcessEntry): string {
  if (commandMode(app, entry) === "echo") return SCRIPT_HINT;
  return `${SCRIPT_HINT.slice(0, -1)}, or wrap it in \`sh -c '…'\`.`;
}

/** PF009: variable forms that do not arrive. */
export function findLostExpansions(app: AppSource): readonly Spot[] {
  return app.entries.flatMap((entry) => {
    const piece = lostExpansion(app, entry);
    if (piece === undefined) return [];
    const effect = app.platform === "dokku" ? lossAtDokku(piece.text) : "is passed on as it is written";
    const message = `No shell expands \`${shownText(piece.text)}\` in \`${shownText(entry.name)}\` at ${app.facts.title}: it ${effect}.`;
    return [spotInCommand(entry, piece.at, { message, hint: "Expand it inside a script." })];
  });
}

function lostExpansion(app: AppSource, entry: ProcessEntry): ShellPiece | undefined {
  const mode = commandMode(app, entry);
  if (app.platform !== "dokku") return mode === "words" ? app.shellOf(entry).expansions[0] : undefined;
  if (entry.name !== "release" && mode === "echo") return undefined;
  return lostByDokku(entry.command, { areBackticksLost: app.build !== "classic" })[0];
}

function lossAtDokku(text: string): string {
  if (text.startsWith("$(")) return "is torn to pieces";
  if (text.startsWith("`")) return "is passed on as it is written";
  return text.startsWith("\\") ? "is expanded all the same" : "becomes nothing";
}

/** No wrapper without it: most commands need not be read for that. */
const NAMES_SHELL = /sh\b/;

/** PF010: a stop signal that ends in a shell. */
export function findSwallowedSignals(app: AppSource): readonly Spot[] {
  return app.entries.flatMap((entry) => {
    if (entry.name === "release" || entry.command === "") return [];
    const isShellFirst =
      app.platform === "aptible" && app.dockerfile !== undefined && commandMode(app, entry) === "shell";
    if (!isShellFirst && !NAMES_SHELL.test(entry.command)) return [];
    const { stays } = app.shellOf(entry);
    const hint = "Put `exec` before the last command.";
    if (stays.wrapper !== undefined) {
      const message = `The stop signal ends at \`${shownText(stays.wrapper.text)}\`; the program is killed after the grace time.`;
      return [spotInCommand(entry, stays.wrapper.at, { message, hint })];
    }
    if (!isShellFirst || !stays.outer) return [];
    const message = `Aptible starts \`${shownText(entry.name)}\` with \`/bin/sh -c\`: the stop signal ends there, and the program is killed.`;
    return [spotInCommand(entry, 0, { message, hint: hint.replace("last command", "command that stays") })];
  });
}

/** PF014: a web process that the platform's router cannot reach. */
export function findUnreachableWeb(app: AppSource): readonly Spot[] {
  return app.entries.flatMap((entry) => {
    if (entry.name !== "web") return [];
    const found = unreachable(app, app.shellOf(entry));
    return found === undefined ? [] : [spotInCommand(entry, found.at, found)];
  });
}

type Unreachable = { readonly at: number; readonly message: string; readonly hint: string };

function unreachable(app: AppSource, shell: ShellText): Unreachable | undefined {
  const { loopback, fixedPort, portVariable, hasDefault } = readBinding(shell);
  if (loopback !== undefined) {
    const message = `\`${shownText(loopback.text)}\` is reached from inside the instance only; \`web\` must listen on every address.`;
    return { at: loopback.at, message, hint: "Listen on `0.0.0.0`, or leave the address out." };
  }
  if (app.platform === "aptible") {
    const isSet = hasDefault || (app.dockerfile !== undefined && setsVariable(app.dockerfile.content, "PORT"));
    if (portVariable === undefined || isSet) return undefined;
    const hint = "Write `${PORT:-3000}` with the port that the Dockerfile exposes.";
    return { at: portVariable.at, message: "Aptible sets no `PORT`; the variable is empty there.", hint };
  }
  if (fixedPort === undefined || portVariable !== undefined || hasExposedPort(app)) return undefined;
  const message = `\`web\` names the port ${fixedPort.port}, but ${app.facts.title} sends requests to \`$PORT\`.`;
  return { at: fixedPort.at, message, hint: `Write \`$PORT\` for ${fixedPort.port}.` };
}

/** Dokku takes the port of a Dockerfile from its EXPOSE. */
function hasExposedPort(app: AppSource): boolean {
  return app.platform === "dokku" && app.dockerfile !== undefined && exposesPorts(app.dockerfile.content);
}
