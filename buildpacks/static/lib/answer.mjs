import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { mediaType } from "./media-types.mjs";

/** Answers one request from the files. `config` is `{ cleanUrls, errorPage, routes }`. */
export async function answer(request, response, { files, config }) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return sendText(response, { status: 405, text: "Method not allowed", headers: { allow: "GET, HEAD" } });
  }
  const [path, query] = splitTarget(request.url);
  const segments = decodePath(path);
  if (segments === undefined) return sendText(response, { status: 400, text: "Bad request" });
  const found = await lookUp(segments, path, { files, config });
  if (found?.redirect === true) {
    return sendText(response, {
      status: 301,
      text: "Moved",
      headers: { location: `/${path.split("/").filter(Boolean).join("/")}/${query}` },
    });
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

async function lookUp(segments, path, { files, config }) {
  const plain = await files.find(segments);
  if (plain?.isDirectory === true) {
    const index = await files.find([...segments, "index.html"]);
    if (index !== undefined && !index.isDirectory) return path.endsWith("/") ? index : { redirect: true };
  } else if (plain !== undefined && !path.endsWith("/")) return plain;
  if (config.cleanUrls && segments.length > 0) {
    const page = await files.find([...segments.slice(0, -1), `${segments.at(-1)}.html`]);
    if (page !== undefined && !page.isDirectory) return page;
  }
  const route = config.routes.find(([pattern]) => isMatch(pattern, `/${segments.join("/")}`));
  const target = route === undefined ? undefined : await files.find(route[1].split("/").filter(Boolean));
  return target?.isDirectory === true ? undefined : target;
}

/** `*` stands for part of one segment, `**` for anything. No expressions from outside are compiled but this plain form. */
function isMatch(pattern, path) {
  const source = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`).test(path);
}

async function sendFile(request, response, { file, files, status }) {
  const tag = await files.tag(file);
  const headers = {
    "content-type": mediaType(file.path),
    "cache-control": "no-cache",
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    etag: tag,
  };
  if (status === 200 && isKnown(request.headers["if-none-match"], tag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const range = status === 200 ? wantedRange(request, file, tag) : undefined;
  if (range === "outside")
    return sendText(response, {
      status: 416,
      text: "Range not satisfiable",
      headers: { "content-range": `bytes */${file.size}` },
    });
  const { start, end } = range ?? { start: 0, end: file.size - 1 };
  if (range !== undefined) headers["content-range"] = `bytes ${start}-${end}/${file.size}`;
  response.writeHead(range === undefined ? status : 206, { ...headers, "content-length": end - start + 1 });
  if (request.method === "HEAD" || file.size === 0) {
    response.end();
    return;
  }
  // It may have gone away while the tag was made.
  if (response.destroyed) return;
  // A client that goes away in the middle is not an error of ours; the stream is closed either way.
  pipeline(createReadStream(file.path, { start, end }), response, () => {});
}

function isKnown(header, tag) {
  if (header === undefined) return false;
  const plain = (text) => text.trim().replace(/^W\//, "");
  return header.trim() === "*" || header.split(",").some((one) => plain(one) === plain(tag));
}

/** One range as `{ start, end }`, `"outside"`, or undefined for the whole file: no range, several, or of another version. */
function wantedRange(request, file, tag) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "");
  if (request.method !== "GET" || match === null || (match[1] === "" && match[2] === "")) return undefined;
  const condition = request.headers["if-range"];
  if (condition !== undefined && (condition !== tag || tag.startsWith("W/"))) return undefined;
  const [first, last] = match.slice(1).map((digits) => (digits === "" ? undefined : Number(digits)));
  if (first !== undefined && last !== undefined && last < first) return undefined;
  const start = first ?? Math.max(0, file.size - last);
  const end = first === undefined ? file.size - 1 : Math.min(last ?? Infinity, file.size - 1);
  return start >= file.size || (first === undefined && last === 0) ? "outside" : { start, end };
}

function sendText(response, { status, text, headers = {} }) {
  const body = `${text}\n`;
  const type = { "content-type": "text/plain; charset=utf-8", "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...type, ...headers });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
