import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { cachePolicy } from "./cache-policy.mjs";
import { isCompressible, mediaType } from "./media-types.mjs";

const ENCODINGS = [
  ["br", "br"],
  ["gzip", "gz"],
];

/** Sends a file, a part of it, or the word that it has not changed; compressed where a compressed form lies ready. */
export async function sendFile(request, response, { file, files, status }) {
  const own = await files.tag(file);
  const isRange = status === 200 && request.method === "GET" && request.headers.range !== undefined;
  const form = isRange ? undefined : wantedForm(request.headers["accept-encoding"], files.compressed(own));
  const { path, size, tag } =
    form === undefined ? { ...file, tag: own } : { ...form, tag: withSuffix(own, form.ending) };
  const headers = headersOf(file, { form, tag, status });
  for (const name of response.getHeaderNames()) delete headers[name];
  if (status === 200 && isKnown(request.headers["if-none-match"], tag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const range = isRange ? wantedRange(request, file, tag) : undefined;
  if (range === "outside") {
    const body = "Range not satisfiable\n";
    const extra = { "content-type": "text/plain; charset=utf-8", "content-range": `bytes */${size}` };
    response.writeHead(416, { ...extra, "content-length": body.length }).end(body);
    return;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range !== undefined) headers["content-range"] = `bytes ${start}-${end}/${size}`;
  response.writeHead(range === undefined ? status : 206, { ...headers, "content-length": end - start + 1 });
  if (request.method === "HEAD" || size === 0) {
    response.end();
    return;
  }
  // It may have gone away while the tag was made.
  if (response.destroyed) return;
  // A client that goes away in the middle is not an error of ours; the stream is closed either way.
  pipeline(createReadStream(path, { start, end }), response, () => {});
}

function headersOf(file, { form, tag, status }) {
  return {
    "content-type": mediaType(file.path),
    "cache-control": status === 200 ? cachePolicy(file.path) : "no-cache",
    "x-content-type-options": "nosniff",
    etag: tag,
    ...(form === undefined ? { "accept-ranges": "bytes" } : { "content-encoding": form.encoding }),
    ...(isCompressible(file.path) ? { vary: "accept-encoding" } : {}),
  };
}

/** The smallest form that the client takes; undefined for the file as it is. `forms` by ending. */
function wantedForm(header, forms) {
  if (header === undefined || forms === undefined) return undefined;
  const taken = ENCODINGS.filter(([encoding, ending]) => forms[ending] !== undefined && isTaken(header, encoding));
  const [best] = taken.sort(([, a], [, b]) => forms[a].size - forms[b].size);
  return best === undefined ? undefined : { ...forms[best[1]], encoding: best[0], ending: best[1] };
}

function isTaken(header, encoding) {
  const choices = header.split(",").map((part) =>
    part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/),
  );
  const choice = choices.find(([name]) => name === encoding) ?? choices.find(([name]) => name === "*");
  return choice !== undefined && !choice.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
}

/** Each form is another representation, with another tag. */
function withSuffix(tag, ending) {
  return tag.replace(/"$/, `-${ending}"`);
}

function isKnown(header, tag) {
  if (header === undefined) return false;
  const plain = (text) => text.trim().replace(/^W\//, "");
  return header.trim() === "*" || header.split(",").some((one) => plain(one) === plain(tag));
}

/** One range as `{ start, end }`, `"outside"`, or undefined for the whole file: no range, several, or of another version. */
function wantedRange(request, file, tag) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range);
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  const condition = request.headers["if-range"];
  if (condition !== undefined && (condition !== tag || tag.startsWith("W/"))) return undefined;
  const [first, last] = match.slice(1).map((digits) => (digits === "" ? undefined : Number(digits)));
  if (first !== undefined && last !== undefined && last < first) return undefined;
  const start = first ?? Math.max(0, file.size - last);
  const end = first === undefined ? file.size - 1 : Math.min(last ?? Infinity, file.size - 1);
  return start >= file.size || (first === undefined && last === 0) ? "outside" : { start, end };
}
