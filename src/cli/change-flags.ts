import type { FlagSpec } from "./command.ts";

/** Flags of every command that changes an app: they are kept with its operation. */
export const CHANGE_FLAGS: Readonly<Record<string, FlagSpec>> = {
  message: { kind: "text", short: "m", value: "TEXT", summary: "Why; `portside operations` shows it" },
  "override-freeze": {
    kind: "text",
    value: "REASON",
    summary: "Go on although the app is frozen; the reason is recorded",
  },
};

/** Request headers that say who asks, and why. */
export function intentHeadersOf(user: string, texts: ReadonlyMap<string, string>): Record<string, string> {
  const given: readonly (readonly [string, string | undefined])[] = [
    ["Portside-User", user],
    ["Portside-Message", texts.get("message")],
    ["Portside-Override-Freeze", texts.get("override-freeze")],
  ];
  return Object.fromEntries(
    given.flatMap(([name, text]) => (text === undefined ? [] : [[name, encodeURIComponent(text.toWellFormed())]])),
  );
}
