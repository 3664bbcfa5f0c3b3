/**
 * What the edge says when it, not the app, ends a request: Heroku's codes with Heroku's meaning. router.md §2.
 * `status` 499 and `undefined` send nothing; `at` and `desc` go to the access log, `title` and `advice` to the page.
 */
export type RouterCode = keyof typeof ROUTER_CODES;

type CodeEntry = {
  readonly status?: number;
  readonly at: "info" | "warning" | "error";
  /** Which side broke the connection, when the line says so. */
  readonly sock?: "client" | "backend";
  readonly desc: string;
  readonly title: string;
  readonly advice: string;
};

const AGAIN = "Try again in a moment.";
const SLOW = "It took too long to answer. Try again in a moment.";
const BROKEN = "It sent no usable answer. Try again in a moment.";

export const ROUTER_CODES = {
  H10: { status: 503, at: "error", desc: "App crashed", title: "This app has crashed", advice: AGAIN },
  H11: { status: 503, at: "error", desc: "Backlog too deep", title: "This app is too busy", advice: AGAIN },
  H12: { status: 503, at: "error", desc: "Request timeout", title: "This app did not answer", advice: SLOW },
  H13: {
    status: 503,
    at: "error",
    sock: "backend",
    desc: "Connection closed without response",
    title: "This app closed the connection",
    advice: BROKEN,
  },
  H14: {
    status: 503,
    at: "error",
    desc: "No web processes running",
    title: "This app is stopped",
    advice: "No process is running for it.",
  },
  H15: { status: 503, at: "error", desc: "Idle connection", title: "This app fell silent", advice: SLOW },
  H17: {
    status: 503,
    at: "error",
    desc: "Poorly formatted HTTP response",
    title: "This app sent a broken answer",
    advice: BROKEN,
  },
  H18: {
    status: 503,
    at: "error",
    sock: "backend",
    desc: "Server Request Interrupted",
    title: "This app broke off its answer",
    advice: BROKEN,
  },
  H19: {
    status: 503,
    at: "error",
    desc: "Backend connection timeout",
    title: "This app cannot be reached",
    advice: AGAIN,
  },
  H20: { status: 503, at: "error", desc: "App boot timeout", title: "This app did not start in time", advice: AGAIN },
  H21: {
    status: 503,
    at: "error",
    desc: "Backend connection refused",
    title: "This app cannot be reached",
    advice: AGAIN,
  },
  H24: {
    status: 504,
    at: "error",
    desc: "Forced close",
    title: "This request was cut off",
    advice: "The app was being replaced or stopped.",
  },
  H25: {
    status: 502,
    at: "error",
    desc: "HTTP Restriction",
    title: "This app sent a forbidden answer",
    advice: BROKEN,
  },
  H26: {
    status: 400,
    at: "error",
    desc: "Request Error",
    title: "This request is not valid",
    advice: "The app was not asked.",
  },
  H27: { status: 499, at: "warning", sock: "client", desc: "Client Request Interrupted", title: "", advice: "" },
  H28: { status: 499, at: "warning", sock: "client", desc: "Client Connection Idle", title: "", advice: "" },
  H81: {
    status: 503,
    at: "info",
    desc: "Blank app",
    title: "Nothing is deployed here yet",
    advice: "This app has no release.",
  },
  H99: {
    status: 503,
    at: "error",
    desc: "Platform error",
    title: "The platform failed",
    advice: "This is not the app's fault.",
  },
} as const satisfies Record<string, CodeEntry>;

/** The table's row for a code, with its optional fields readable. */
export function codeEntry(code: RouterCode): CodeEntry {
  return ROUTER_CODES[code];
}
