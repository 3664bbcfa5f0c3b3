import type { Diagnosis } from "./diagnosis.ts";

/** The app answers, but has no such path. */
export const pathNotFound: Diagnosis = {
  id: "path-not-found",
  find: ({ outcome }) => {
    const answer = outcome?.answer;
    if (answer?.status !== 404) return undefined;
    return {
      problem: `GET ${answer.path} answered 404: the app has no such path`,
      advice: "Correct `path` in app.json's `healthchecks`, or add that path to the app.",
    };
  },
};
