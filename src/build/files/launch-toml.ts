import * as z from "zod";
import { isApiAtLeast } from "./buildpack-toml.ts";
import { DocumentError, parseDocument } from "./toml-document.ts";

/** A process type one buildpack declares. */
export type DeclaredProcess = {
  readonly type: string;
  /** One shell text when `direct` is false, else the words of argv. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly direct: boolean;
  readonly default: boolean;
  readonly workingDir?: string;
};

/**
 * `<layers>/<buildpack>/launch.toml`: process types, labels and slices.
 * Written by `bin/build`. Read by build. Gone after the build; its content goes on in `metadata.toml`. cnb.md §5.2.
 */
export type LaunchToml = {
  readonly processes: readonly DeclaredProcess[];
  readonly labels: readonly { readonly key: string; readonly value: string }[];
  readonly slices: readonly { readonly paths: readonly string[] }[];
  /** What the file says and its API version does not know. */
  readonly warnings: readonly string[];
};

const PROCESS = {
  type: z.string().regex(/^[A-Za-z0-9._-]+$/, "a process type is letters, digits, `.`, `_` and `-`"),
  args: z.array(z.string()).default([]),
  default: z.boolean().default(false),
  "working-dir": z.string().min(1).optional(),
};
const SHARED = {
  labels: z.array(z.object({ key: z.string().min(1), value: z.string() })).default([]),
  slices: z.array(z.object({ paths: z.array(z.string()).default([]) })).default([]),
};
const SINCE_0_9 = z.object({
  ...SHARED,
  processes: z
    .array(
      z.object({
        ...PROCESS,
        command: z.array(z.string()).min(1),
        direct: z.undefined("`direct` is gone since API 0.9").optional(),
      }),
    )
    .default([]),
});
const BEFORE_0_9 = z.object({
  ...SHARED,
  processes: z
    .array(z.object({ ...PROCESS, command: z.string().min(1), direct: z.boolean().default(false) }))
    .default([]),
});

/** Throws `DocumentError`. From API 0.9 on a command is a list and always direct; before, a text and by default for the shell. */
export function parseLaunchToml(text: string, api: string, document = "launch.toml"): LaunchToml {
  const { processes, labels, slices } = isApiAtLeast(api, 9)
    ? parseDocument(SINCE_0_9, text, document)
    : parseDocument(BEFORE_0_9, text, document);
  const declared = processes.map((process) => ({
    type: process.type,
    command: typeof process.command === "string" ? [process.command] : process.command,
    args: process.args,
    direct: process.direct ?? true,
    default: process.default,
    ...(process["working-dir"] !== undefined && isApiAtLeast(api, 8) ? { workingDir: process["working-dir"] } : {}),
  }));
  if (declared.filter((process) => process.default).length > 1) {
    throw new DocumentError(document, "more than one process is the default");
  }
  const warnings = isApiAtLeast(api, 8)
    ? []
    : processes
        .filter((process) => process["working-dir"] !== undefined)
        .map(({ type }) => `the working directory of \`${type}\` is ignored: buildpack API ${api} knows none`);
  return { processes: declared, labels, slices, warnings };
}
