// The scripted app of cases/healthchecks.json: does what the JSON in APP_SCRIPT says. Plain JavaScript, for any Node.
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";

const script = JSON.parse(process.env.APP_SCRIPT);
const { statusSequence = [200], statusByPath, bodySequence = [script.body ?? "ok"], requiresHeader } = script;
let requestCount = 0;

console.log("up");

/** The value of that request, the last one for ever. */
const nth = (list, index) => list[Math.min(index, list.length - 1)];

function answer(request, response) {
  const index = requestCount;
  requestCount += 1;
  console.log(`request ${requestCount}`);
  if (script.closesConnection) return request.socket.destroy();
  const delays = [script.respondAfterMs ?? 0].flat();
  setTimeout(
    () => {
      const { pathname } = new URL(request.url, "http://app");
      const isWelcome =
        requiresHeader === undefined || request.headers[requiresHeader.name.toLowerCase()] === requiresHeader.value;
      const status = statusByPath === undefined ? nth(statusSequence, index) : (statusByPath[pathname] ?? 404);
      const head = script.redirectTo === undefined ? {} : { Location: script.redirectTo };
      response.writeHead(isWelcome ? status : 400, head);
      response.end(status === 204 ? undefined : nth(bodySequence, index));
    },
    nth(delays, index),
  );
}

function listen() {
  const { listensOn = "0.0.0.0", port = "PORT" } = script;
  if (listensOn === "none") return;
  const tls = script.tls ? { key: process.env.TLS_KEY, cert: process.env.TLS_CERT } : undefined;
  const server = tls === undefined ? createHttp(answer) : createHttps(tls, answer);
  server.listen(port === "PORT" ? Number(process.env.PORT) : port, listensOn);
}

setTimeout(listen, script.listensAfterMs ?? 0);
setInterval(() => undefined, 1_000);
if (script.exitAfterMs !== undefined) {
  setTimeout(() => {
    if (script.exitSignal !== undefined) process.kill(process.pid, script.exitSignal);
    else process.exit(script.exitCode ?? 0);
  }, script.exitAfterMs);
}
