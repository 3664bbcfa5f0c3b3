import type { FlagSpec } from "./command.ts";

/** Flags that every command has; they may also stand before the command. */
export const GLOBAL_FLAGS: Readonly<Record<string, FlagSpec>> = {
  app: {
    kind: "text",
    short: "a",
    value: "NAME",
    summary: "The app; otherwise the one deployed from this folder, or the only one there is",
  },
  json: { kind: "switch", summary: "Print one JSON document, or one JSON event a line where a command streams" },
  "no-color": { kind: "switch", summary: "Print without colours (NO_COLOR does the same)" },
  debug: { kind: "switch", summary: "Show the stack of an error" },
  help: { kind: "switch", short: "h", summary: "Show the command's page" },
};
