// Serves the folder named in config.json, below the directory it is started in, on $PORT. Plain JavaScript for Node 18.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { answer } from "./answer.mjs";
import { Files } from "./files.mjs";

const DEFAULT_PORT = 5000;
const config = JSON.parse(readFileSync(new URL("config.json", import.meta.url), "utf8"));
const files = await Files.open(config.root, config.root === ".");

const server = createServer((request, response) => {
  answer(request, response, { files, config }).catch((error) => {
    console.error(error);
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end("Internal error\n");
  });
});
server.listen(Number(process.env.PORT ?? DEFAULT_PORT), () => console.log(`Serving on port ${server.address().port}`));

process.once("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
});
