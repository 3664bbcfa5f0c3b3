import { CHANGE_FLAGS } from "./change-flags.ts";
import type { ArgumentSpec, CommandSpec } from "./command.ts";

const NUMBER: ArgumentSpec = { name: "N", required: true, summary: "The operation's number" };

/** The commands about what was done to apps, by whom, and about holding it back. In the order help shows them. */
export const OPERATION_COMMANDS: readonly CommandSpec[] = [
  {
    name: "operations",
    summary: "List what was done to the apps, newest first",
    description: [
      "One line an operation: what, on which app, how it ended, how long it took, who asked for it and why.",
      "Operations of apps that are gone can still be listed by their name.",
    ],
    arguments: [{ name: "APP", required: false, summary: "Only this app's; --app works as well" }],
    flags: { num: { kind: "text", short: "n", value: "NUMBER", summary: "How many, at most 500; default 20" } },
    examples: ["operations", "operations guestbook -n 50"],
    load: () => import("./commands/operations.ts"),
  },
  {
    name: "operations:info",
    summary: "Show one operation: who, why, every step, and the evidence of a failure",
    description: ["Each step with its start, its duration and its outcome."],
    arguments: [NUMBER],
    flags: { follow: { kind: "switch", short: "f", summary: "Show it as it happens, as `operations:follow` does" } },
    examples: ["operations:info 12", "operations:info 12 --json"],
    load: () => import("./commands/operations/info.ts"),
  },
  {
    name: "operations:follow",
    summary: "Show an operation as it happens, from its start",
    description: [
      "Ends when the operation has ended, with its exit status: 0 when it succeeded, 4 when it is live but a hook failed, 130 when it was cancelled.",
      "Ctrl-C ends the following and cancels nothing.",
    ],
    arguments: [NUMBER],
    flags: {},
    examples: ["operations:follow 12"],
    load: () => import("./commands/operations/follow.ts"),
  },
  {
    name: "operations:cancel",
    summary: "Cancel an operation and bring the previous state back",
    description: [
      "Waits until the previous state is back. Once the new release is in force a cancel only ends the hooks behind it; `portside rollback` is the way back then.",
    ],
    arguments: [NUMBER],
    flags: {},
    examples: ["operations:cancel 12"],
    load: () => import("./commands/operations/cancel.ts"),
  },
  {
    name: "freeze",
    summary: "Hold back every new release of an app for a while",
    description: [
      "Deploys, config changes, rollbacks and the end of the app are refused, those that wait as well; scaling and restarts are not. What is under way goes on.",
      "--override-freeze REASON on a command passes over it, and is recorded. Without an argument's --reason it shows whether the app is frozen.",
    ],
    arguments: [],
    flags: {
      until: {
        kind: "text",
        value: "TIME",
        summary: "`2026-12-27`, `2026-12-27T08:00`, `90m`, `8h` or `3d`; default: until it is lifted",
      },
      reason: { kind: "text", value: "TEXT", summary: "Why" },
    },
    examples: ["freeze --until 2026-12-27T08:00 --reason holidays", "freeze --until 8h --reason 'release of the year'"],
    load: () => import("./commands/freeze.ts"),
  },
  {
    name: "unfreeze",
    summary: "Lift a freeze",
    description: ["Says so when the app is not frozen."],
    arguments: [],
    flags: { message: { kind: "text", short: "m", value: "TEXT", summary: "Why; `portside operations` shows it" } },
    examples: ["unfreeze --app guestbook"],
    load: () => import("./commands/unfreeze.ts"),
  },
  {
    name: "tests",
    summary: "Show whether deploys run the app's tests",
    description: ["The tests are `scripts.test-setup` and `scripts.test` of app.json's test environment."],
    arguments: [],
    flags: {},
    examples: ["tests"],
    load: () => import("./commands/tests.ts"),
  },
  {
    name: "tests:on",
    summary: "Run the app's tests in every deploy, before the release",
    description: [
      "A failure fails the deploy. Tests see what app.json declares in `environments.test.env`, never the app's own config variables.",
    ],
    arguments: [],
    flags: { message: { kind: "text", short: "m", value: "TEXT", summary: "Why; `portside operations` shows it" } },
    examples: ["tests:on"],
    load: () => import("./commands/tests/on.ts"),
  },
  {
    name: "tests:off",
    summary: "Deploy without the app's tests",
    description: ["This is so until they are switched on."],
    arguments: [],
    flags: { message: { kind: "text", short: "m", value: "TEXT", summary: "Why; `portside operations` shows it" } },
    examples: ["tests:off"],
    load: () => import("./commands/tests/off.ts"),
  },
];

/** A command that changes an app, with the flags that say why. */
export function changing(spec: CommandSpec): CommandSpec {
  return { ...spec, flags: { ...spec.flags, ...CHANGE_FLAGS } };
}
