import { hasFailedByItself, lastMatch, type Diagnosis } from "./diagnosis.ts";

const NAME = "([A-Z][A-Z0-9_]{2,63})";
/** How programs and their languages say that a variable is not there. The name is the one group that matched. */
const SAID: readonly RegExp[] = [
  new RegExp(
    `(?:missing|required|undefined|unset)(?: required)? (?:env(?:ironment)?|config(?:uration)?)(?: variables?| vars?)?:? ['"\`]?${NAME}\\b`,
    "i",
  ),
  new RegExp(
    `(?:env(?:ironment)? )?(?:variable|var) ['"\`]?${NAME}['"\`]? (?:is |was |must be |not )?(?:required|missing|not set|unset|undefined|set|defined|found)`,
    "i",
  ),
  new RegExp(
    `['"\`]?\\b${NAME}['"\`]? (?:env(?:ironment)? (?:variable|var) )?(?:is|was|must be|has to be|needs to be) (?:required|missing|not set|unset|undefined|set|not defined|defined|provided|not provided|empty)`,
  ),
  new RegExp(
    `KeyError: ['"]${NAME}['"]|key not found: "${NAME}"|${NAME}: (?:parameter not set|unbound variable|parameter null or not set)|Set the ${NAME} environment variable`,
  ),
  new RegExp(
    `(?:please )?(?:set|provide|define|specify|configure) (?:the )?(?:env(?:ironment)? )?(?:variable |var )?['"\`$]?${NAME}\\b`,
    "i",
  ),
];

/** It says itself which variable it lacks. */
export const missingVariable: Diagnosis = {
  id: "missing-variable",
  find: (evidence) => {
    if (!hasFailedByItself(evidence)) return undefined;
    for (const pattern of SAID) {
      const said = lastMatch(evidence.lines, pattern);
      const name = said?.match.slice(1).find((group) => group !== undefined);
      // What has a value is not missing: the line is about something else.
      if (said === undefined || name === undefined || name !== name.toUpperCase()) continue;
      if (evidence.configNames.includes(name) || name === "PORT") continue;
      return {
        problem: `the config variable ${name} is missing`,
        advice: `Set it with \`portside config:set ${name}=…\`, and declare it in app.json's \`env\` so that it is asked for before the build.`,
        seen: said.line,
      };
    }
    return undefined;
  },
};
