import { codeEntry, type RouterCode } from "./router-codes.ts";

/** An answer of the edge itself. `headers` is flat: name, value, name, value. */
export type Page = { readonly status: number; readonly headers: readonly string[]; readonly body: string };

/** What a page depends on besides its code. */
export type PageRequest = {
  /** The client's `Accept` line; HTML is sent only to who asks for it. */
  readonly accept: string | undefined;
  readonly requestId: string;
  /** Another status than the code's own (405, 417, 501, 505 of H26). */
  readonly status?: number;
};

/** The page for a router code. Nothing of the request is in it but the checked request id. router.md §2. */
export function codePage(code: RouterCode, request: PageRequest): Page {
  const entry = codeEntry(code);
  const status = request.status ?? entry.status ?? 503;
  return page({ status, title: entry.title, advice: entry.advice, label: code }, request);
}

/** The page for a host name no app has; it says nothing about which exist. router.md §2, security.md §1. */
export function unknownHostPage(request: PageRequest): Page {
  const text = { status: 404, title: "No app has this name", advice: "Check the address.", label: "404" };
  return page(text, request);
}

type PageText = { readonly status: number; readonly title: string; readonly advice: string; readonly label: string };

function page(text: PageText, request: PageRequest): Page {
  const wantsHtml = request.accept?.includes("text/html") === true;
  const body = wantsHtml ? html(text, request.requestId) : plain(text, request.requestId);
  const headers = [
    "Content-Type",
    `text/${wantsHtml ? "html" : "plain"}; charset=utf-8`,
    "Content-Length",
    String(Buffer.byteLength(body)),
    "Cache-Control",
    "no-store",
    "Content-Security-Policy",
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options",
    "nosniff",
    "X-Request-Id",
    request.requestId,
  ];
  return { status: text.status, headers, body };
}

function plain(text: PageText, requestId: string): string {
  return `${text.title}. ${text.advice}\n${text.label} · request ${requestId}\n`;
}

/** All texts come from our own table; the request id holds only `[A-Za-z0-9_-]`. */
function html(text: PageText, requestId: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${text.title}</title>
<style>
:root { color-scheme: light dark; font: 17px/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center }
main { max-width: 34rem; padding: 2rem; border-left: 4px solid #c2410c }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem }
p { margin: 0 0 1rem }
small { opacity: .65; font-family: ui-monospace, monospace; overflow-wrap: anywhere }
</style>
<main>
<h1>${text.title}</h1>
<p>${text.advice}</p>
<small>${text.label} · request ${requestId}</small>
</main>
</html>
`;
}
