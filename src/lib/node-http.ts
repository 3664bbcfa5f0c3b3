/**
 * Node's HTTP server, without what `import … from "node:http"` brings along: an ES import reads every export, and some
 * are getters that load a whole WebSocket and fetch client (16 MB resident on Node 26.10). A process that must stay small takes it from here.
 */
export const { createServer, ServerResponse } = process.getBuiltinModule("node:http");
