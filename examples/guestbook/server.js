import { createServer } from "node:http";
import { nameCookie, nameFrom } from "./cookie.js";
import { openEntries } from "./entries.js";
import { renderPage } from "./page.js";

const BODY_BYTES_MAX = 8_192;
const STOP_LIMIT_MS = 20_000;
const HTML = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
const TEXT = { "content-type": "text/plain; charset=utf-8" };

const {
  PORT = "3000",
  PORTSIDE_RELEASE = "unreleased",
  DYNO = "local",
  DATA_FILE,
  SESSION_SECRET = "only for local runs",
} = process.env;
const entries = openEntries(DATA_FILE);

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    response.writeHead(500, TEXT).end("Something broke here; the log says what.\n");
  });
});

async function answer(request, response) {
  const { pathname } = new URL(request.url ?? "/", "http://guestbook");
  const route = `${request.method} ${pathname}`;
  if (route === "GET /health") return response.writeHead(200, TEXT).end("ok\n");
  if (route === "GET /" || route === "HEAD /") return showPage(request, response);
  if (route === "POST /entries") return signBook(request, response);
  return response.writeHead(404, TEXT).end("There is nothing here.\n");
}

function showPage(request, response) {
  const name = nameFrom(request.headers.cookie, SESSION_SECRET);
  const page = { release: PORTSIDE_RELEASE, instance: DYNO, entries: entries.newestFirst(), kept: entries.kept, name };
  response.writeHead(200, HTML).end(renderPage(page));
}

async function signBook(request, response) {
  const body = await readBody(request);
  if (body === undefined)
    return response.writeHead(413, { ...TEXT, connection: "close" }).end("That is too long for a guestbook.\n");
  const form = new URLSearchParams(body);
  const name = (form.get("name") ?? "").trim().slice(0, 60);
  const text = (form.get("text") ?? "").trim().slice(0, 500);
  if (name === "" || text === "") return response.writeHead(400, TEXT).end("A name and a text, please.\n");
  entries.add({ name, text, at: new Date().toISOString().slice(0, 16).replace("T", " "), instance: DYNO });
  console.log(`entry of ${text.length} characters`);
  response.writeHead(303, { location: "/", "set-cookie": nameCookie(name, SESSION_SECRET) }).end();
}

async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

// The router has stopped sending requests by now; what is under way is finished, then the process ends by itself.
process.on("SIGTERM", () => {
  console.log("SIGTERM: finishing open requests");
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
});

server.listen(Number(PORT), () => console.log(`guestbook ${PORTSIDE_RELEASE} listens on port ${PORT} as ${DYNO}`));
