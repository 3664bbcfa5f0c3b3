import { STATUS_CODES } from "node:http";
import { hasCode } from "../lib/files.ts";
import { visibleExcerpt, visibleText } from "../lib/visible-text.ts";
import { ERRORS, PortsideError } from "../model/error-registry.ts";
import { PROBLEM_CONTENT_TYPE } from "../wire/problem.ts";
import type { Problem } from "../wire/problem.ts";

/** The parts of a zod issue that are safe to show: they name the place and the rule, never the value. */
export type Issue = { readonly path: readonly PropertyKey[]; readonly message: string };

const ISSUES_SHOWN_MAX = 10;
const EVIDENCE_LINES_MAX = 200;

/** E_REQUEST_INVALID naming each wrong place: `body.formation.web: expected number`. `target` is `body`, `query` … */
export function invalidRequest(target: string, issues: readonly Issue[]): PortsideError {
  const shown = issues.slice(0, ISSUES_SHOWN_MAX).map((issue) => {
    const path = [target, ...issue.path.map(String)].join(".");
    return `${visibleExcerpt(path, 120)}: ${visibleExcerpt(issue.message.replace(/^Invalid input: /, ""), 160)}`;
  });
  const more = issues.length > shown.length ? `; and ${issues.length - shown.length} more` : "";
  return new PortsideError("E_REQUEST_INVALID", { problem: shown.join("; ") + more });
}

/** An error in wire form. Control and direction characters are written out: the texts may quote strangers. */
export function toProblem(error: PortsideError): Problem {
  const entry = ERRORS[error.code];
  return {
    type: `urn:portside:error:${error.code}`,
    title: STATUS_CODES[entry.status] ?? error.code,
    status: entry.status,
    code: error.code,
    detail: visibleText(error.message),
    hint: visibleText(error.hint),
    exit: entry.exit,
    evidence: error.evidence.slice(-EVIDENCE_LINES_MAX).map(visibleText),
  };
}

/**
 * What a caller may know of anything thrown: operating errors as they are, everything else as E_INTERNAL naming only
 * the number of the request, under which the log has the rest.
 */
export function presentable(error: unknown, requestNumber: number): PortsideError {
  if (error instanceof PortsideError && error.code !== "E_INTERNAL") return error;
  if (hasCode(error, "ENOSPC", "EDQUOT"))
    return new PortsideError("E_DISK_FULL", { problem: "the request could not be stored" });
  return new PortsideError("E_INTERNAL", { problem: `request ${requestNumber} failed unexpectedly` }, { cause: error });
}

/** The answer for an error; 401 asks for a bearer token. `headers` come on top. */
export function problemResponse(error: PortsideError, headers: Readonly<Record<string, string>> = {}): Response {
  const challenge: Record<string, string> =
    error.code === "E_UNAUTHORIZED" ? { "WWW-Authenticate": 'Bearer realm="portside"' } : {};
  return new Response(problemText(error), {
    status: ERRORS[error.code].status,
    headers: { "Content-Type": PROBLEM_CONTENT_TYPE, ...challenge, ...headers },
  });
}

/** The JSON of an error's problem, inert even where somebody takes it for HTML. */
export function problemText(error: PortsideError): string {
  return JSON.stringify(toProblem(error)).replaceAll(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}
