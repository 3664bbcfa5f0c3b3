import { compilePattern } from "./pattern.mjs";
import { sendFile } from "./send-file.mjs";

/** A function that answers one request from the files. `guard` says what stands before all of them. */
export function makeAnswer({ files, config, guard }) {
  const site = {
    files,
    config,
    routes: config.routes.map(([pattern, target]) => ({ matches: compilePattern(pattern), target })),
    redirects: config.redirects.map(([pattern, url, status]) => ({ matches: compilePattern(pattern), url, status })),
    headers: config.headers.map(([pattern, headers]) => ({ matches: compilePattern(pattern), headers })),
  };
  return (request, response) => answer(request, response, { ...site, guard });
}

async function answer(request, response, site) {
  const stopped = site.guard(request);
  if (stopped !== undefined) return sendText(response, stopped);
  const [path, query] = splitTarget(request.url);
  const segments = decodePath(path);
  if (segments === undefined) return sendText(response, { status: 400, text: "Bad request" });
  const plain = `/${segments.join("/")}${path.endsWith("/") && segments.length > 0 ? "/" : ""}`;
  for (const { matches, headers } of site.headers) {
    if (matches(plain)) for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  }
  const redirect = site.redirects.find(({ matches }) => matches(plain));
  if (redirect !== undefined)
    return sendText(response, { status: redirect.status, text: "Moved", headers: { location: redirect.url } });
  if (request.method !== "GET" && request.method !== "HEAD")
    return sendText(response, { status: 405, text: "Method not allowed", headers: { allow: "GET, HEAD" } });
  await sendFound(request, response, { site, segments, path, query });
}

async function sendFound(request, response, { site, segments, path, query }) {
  const { files, config } = site;
  const found = (await lookUp(segments, path, site)) ?? (await singlePage(request, segments, site));
  if (found?.redirect === true) {
    const location = `/${path.split("/").filter(Boolean).join("/")}/${query}`;
    return sendText(response, { status: 301, text: "Moved", headers: { location } });
  }
  if (found !== undefined) return sendFile(request, response, { file: found, files, status: 200 });
  const page = await files.find(config.errorPage.split("/"));
  if (page === undefined || page.isDirectory) return sendText(response, { status: 404, text: "Not found" });
  return sendFile(request, response, { file: page, files, status: 404 });
}

function splitTarget(url) {
  const at = url.indexOf("?");
  return at < 0 ? [url, ""] : [url.slice(0, at), url.slice(at)];
}

function decodePath(path) {
  if (!path.startsWith("/")) return undefined;
  try {
    const segments = path.split("/").filter(Boolean).map(decodeURIComponent);
    return segments.some((segment) => segment.includes("\0")) ? undefined : segments;
  } catch {
    return undefined;
  }
}

async function lookUp(segments, path, { files, config, routes }) {
  const plain = await files.find(segments);
  if (plain?.isDirectory === true) {
    const index = await files.find([...segments, "index.html"]);
    if (index !== undefined && !index.isDirectory) return path.endsWith("/") ? index : { redirect: true };
  } else if (plain !== undefined && !path.endsWith("/")) return plain;
  if (config.cleanUrls && segments.length > 0) {
    const page = await files.find([...segments.slice(0, -1), `${segments.at(-1)}.html`]);
    if (page !== undefined && !page.isDirectory) return page;
  }
  const route = routes.find(({ matches }) => matches(`/${segments.join("/")}`));
  const target = route === undefined ? undefined : await files.find(route.target.split("/").filter(Boolean));
  return target?.isDirectory === true ? undefined : target;
}

/** The one page for every path a browser navigates to; a missing script or picture stays missing, and so do hidden names. */
async function singlePage(request, segments, { files, config }) {
  if (!config.isSinglePage || segments.some((segment) => segment.startsWith("."))) return undefined;
  const accept = request.headers.accept ?? "*/*";
  if (segments.at(-1)?.includes(".") === true || !/text\/html|\*\/\*/.test(accept)) return undefined;
  const page = await files.find(["index.html"]);
  return page?.isDirectory === true ? undefined : page;
}

function sendText(response, { status, text, headers = {} }) {
  const body = `${text}\n`;
  const type = { "content-type": "text/plain; charset=utf-8", "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...type, ...headers });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
