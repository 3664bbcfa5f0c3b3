import { request } from "node:http";

const REQUEST_LIMIT_MS = 5_000;
const POLL_MS = 10;

/** The page's text as it comes through the router, or `undefined` when it does not answer with 200. */
export function fetchPage(port: number, host: string, path = "/"): Promise<string | undefined> {
  return new Promise((resolve) => {
    const asked = request(
      { host: "127.0.0.1", port, path, headers: { host }, agent: false, timeout: REQUEST_LIMIT_MS },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve(response.statusCode === 200 ? text : undefined));
        response.on("error", () => resolve(undefined));
      },
    );
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}

/** Milliseconds until the page holds a text; throws when it does not within the limit. */
export async function awaitText(options: {
  port: number;
  host: string;
  text: string;
  limitMs: number;
}): Promise<number> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < options.limitMs) {
    const page = await fetchPage(options.port, options.host);
    if (page?.includes(options.text)) return performance.now() - startedAt;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`"${options.text}" did not appear within ${options.limitMs} ms`);
}
