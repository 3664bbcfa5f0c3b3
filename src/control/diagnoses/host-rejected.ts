import type { Diagnosis } from "./diagnosis.ts";

const SAID =
  /invalid host|disallowed ?host|blocked host|host (?:header )?(?:is )?not (?:allowed|permitted)|allowed_?hosts|unknown host|host not allowed/i;
const REFUSALS = new Set([400, 403, 404, 421]);

/** The framework refuses the host name that the check asks under. */
export const hostRejected: Diagnosis = {
  id: "host-rejected",
  find: ({ outcome, lines }) => {
    const answer = outcome?.answer;
    if (answer === undefined || !REFUSALS.has(answer.status)) return undefined;
    const said = [answer.body, ...lines.toReversed()].find((text) => SAID.test(text));
    if (said === undefined) return undefined;
    return {
      problem: `it refused the host name of the health check (GET ${answer.path} answered ${answer.status})`,
      advice:
        'Add `.localhost` and the app\'s domains to its allowed hosts, or name an allowed one in the check: `"httpHeaders": [{"name": "Host", "value": "…"}]`.',
      seen: said.slice(0, 200),
    };
  },
};
