import { nameOf, reject } from "./json-place.ts";
import { refine, text, type Reader } from "./json-reader.ts";

/** Text that a process can be started with: NUL ends an argument, so it cannot be passed on. */
export const commandText: Reader<string> = refine(
  text,
  (value, place) =>
    value.includes("\0")
      ? reject(place, "APP_TYPE", { message: `${nameOf(place.pointer)} holds NUL.`, hint: "Remove the NUL character." })
      : value,
  { pattern: "^[^\\u0000]*$" },
);

/** `commandText` in a schema that refuses a blank one too. */
export const SHOWN_COMMAND = { pattern: "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$" } as const;
