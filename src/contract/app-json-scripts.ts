import type { AppJson, Script } from "../model/app-contract.ts";
import { commandText, SHOWN_COMMAND } from "./command-text.ts";
import { memberPlace, nameOf, reject, type Place } from "./json-place.ts";
import { about, byKind, object, refine, text, type Reader } from "./json-reader.ts";

const shortForm: Reader<Script> = refine(
  commandText,
  (command, place) => (isBlank(command) ? rejectScript(place) : { command }),
  SHOWN_COMMAND,
);

const fields = object({
  command: about(
    "The command.",
    refine(commandText, (command) => command, SHOWN_COMMAND),
  ),
  size: about("Name of the size of its one-off.", text),
});

const longForm: Reader<Script> = refine(
  fields,
  ({ command, size }, place) => {
    if (command === undefined && memberPlace(place, "command") !== undefined) return undefined;
    if (command === undefined || isBlank(command)) return rejectScript(place);
    return size === undefined ? { command } : { command, size };
  },
  { required: ["command"] },
);

const script: Reader<Script> = byKind<Script>({ text: shortForm, object: longForm }, "text or an object");

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
  postdeploy: about("After the first deploy that serves, once it has succeeded never again.", script),
  "pr-predestroy": about("In a review app, before it is destroyed.", script),
  test: about("The tests, with the `test` environment.", script),
  "test-setup": about("Before the tests.", script),
  dokku: about(
    "Hooks under Dokku's names.",
    object({
      predeploy: about("In the new artifact before its release; file changes are kept.", script),
      postdeploy: about("After each rollout.", script),
    }),
  ),
});
