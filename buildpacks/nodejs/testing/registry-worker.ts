import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";

const { directory, token, spoils } = workerData as { directory: string; token?: string; spoils?: boolean };

const server = createServer((request, response) => {
  const path = request.url ?? "/";
  appendFileSync(join(directory, "asked"), `${path}\n`);
  const isArchive = path.startsWith("/-/");
  const file = join(directory, isArchive ? path.slice(3) : encodeURIComponent(decodeURIComponent(path.slice(1))));
  if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) response.writeHead(401).end("{}");
  else if (!existsSync(file)) response.writeHead(404).end("{}");
  else response.writeHead(200).end(isArchive && spoils === true ? Buffer.from("spoiled") : readFileSync(file));
});
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
