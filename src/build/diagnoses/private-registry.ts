import { firstMatch, type Diagnosis } from "./diagnosis.ts";

const REFUSED =
  /npm (?:error|ERR!) code (E401|E403)|\b(ENEEDAUTH)\b|ERR_PNPM_FETCH_(401|403)|YN0041|An unexpected error occurred: .*\b(401|403)\b|HTTP error (401|403)|\b(401|403) Client Error|fatal: could not read Username|Permission denied \(publickey\)/;

/** A registry or repository wants to know who asks. */
export const privateRegistry: Diagnosis = {
  name: "private registry",
  find({ lines }) {
    const found = firstMatch(lines, REFUSED);
    if (found === undefined) return undefined;
    return {
      cause: "A registry or repository refused the build: a package is private, or the credentials are wrong.",
      advice:
        "Put the token into the app's config (`portside config:set NPM_TOKEN=…`) and name it in the app's .npmrc (`//host/:_authToken=${NPM_TOKEN}`); builds never see the operator's own.",
      line: found.line,
    };
  },
};
