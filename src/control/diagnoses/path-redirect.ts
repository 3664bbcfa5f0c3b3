import type { Diagnosis } from "./diagnosis.ts";

/** The checked path leads elsewhere; redirects are not followed (D62). */
export const pathRedirect: Diagnosis = {
  id: "path-redirect",
  find: ({ outcome }) => {
    const answer = outcome?.answer;
    if (answer === undefined || answer.status < 300 || answer.status > 399) return undefined;
    const toHttps = answer.location?.startsWith("https:") === true;
    return {
      problem: `GET ${answer.path} answered ${answer.status}${answer.location === undefined ? "" : `, a redirect to ${answer.location}`}`,
      advice: toHttps
        ? 'Let the checked path answer without https, or send `"httpHeaders": [{"name": "X-Forwarded-Proto", "value": "https"}]`.'
        : "Check the path it leads to: redirects are not followed.",
    };
  },
};
