import type { Diagnosis } from "./diagnosis.ts";

/** The checked path wants somebody signed in. */
export const unauthorized: Diagnosis = {
  id: "path-unauthorized",
  find: ({ outcome }) => {
    const answer = outcome?.answer;
    if (answer?.status !== 401 && answer?.status !== 403) return undefined;
    return {
      problem: `GET ${answer.path} answered ${answer.status}: it wants somebody signed in`,
      advice: "Check a path that is open to everybody, or send what it needs with the check's `httpHeaders`.",
    };
  },
};
