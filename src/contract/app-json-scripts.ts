import type { AppJson, Script } from "../model/app-contract.ts";
import { commandText } from "./command-text.ts";
import { memberPlace, nameOf, reject, type Place } from "./json-place.ts";
import { byKind, object, refine, text, type Reader } from "./json-reader.ts";

const script: Reader<Script> = byKind<Script>(
  {
    text: refine(commandText, (command, place) => (isBlank(command) ? rejectScript(place) : { command })),
    object: refine(object({ command: commandText, size: text }), ({ command, size }, place) => {
      if (command === undefined && memberPlace(place, "command") !== undefined) return undefined;
      if (command === undefined || isBlank(command)) return rejectScript(place);
      return size === undefined ? { command } : { command, size };
    }),
  },
  "text or an object",
);

function isBlank(command: string): boolean {
  return command.trim() === "";
}

function rejectScript(place: Place): undefined {
  return reject(place, "APP_SCRIPT", {
    message: `${nameOf(place.pointer)} has no command.`,
    hint: "Write the command, or remove the script.",
  });
}

/** `scripts`: each a text or `{command, size}`. Contract §6, D28. */
export const scripts: Reader<NonNullable<AppJson["scripts"]>> = object({
  postdeploy: script,
  "pr-predestroy": script,
  test: script,
  "test-setup": script,
  dokku: object({ predeploy: script, postdeploy: script }),
});
