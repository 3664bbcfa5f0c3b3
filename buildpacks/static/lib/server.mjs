// Serves the folder named in config.json, below the directory it is started in, on $PORT. Plain JavaScript for Node 18.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { makeAnswer } from "./answer.mjs";
import { Files } from "./files.mjs";
import { makeGuard } from "./guard.mjs";

const DEFAULT_PORT = 5000;
// Longer than any router keeps a connection it may send the next request on: closing is the router's part.
const KEEP_ALIVE_MS = 95_000;

async function serve() {
  const config = JSON.parse(readFileSync(new URL("config.json", import.meta.url), "utf8"));
  const guard = makeGuard(config, process.env);
  const files = await Files.open(config.root, fileURLToPath(new URL(config.compressed, import.meta.url)));
  const answer = makeAnswer({ files, config, guard });
  let isStopping = false;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    if (isStopping) response.setHeader("connection", "close");
    answer(request, response).catch((error) => {
      console.error(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end("Internal error\n");
    });
    // What was under way when the end began is finished; then nothing holds its connection open.
    response.once("close", () => isStopping && setImmediate(() => server.closeIdleConnections()));
  });
  process.once("SIGTERM", () => {
    isStopping = true;
    server.close();
    server.closeIdleConnections();
  });
  server.listen(Number(process.env.PORT || DEFAULT_PORT), () =>
    console.log(`Serving on port ${server.address().port}`),
  );
}

serve().catch((error) => {
  console.error(`ERROR: ${error.message}`);
  process.exitCode = 1;
});
