/** A web process without dependencies that says which version, release, instance and config it runs with. */
export function tinyApp(version: string, extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    Procfile: "web: node server.js\nworker: node worker.js\nrelease: node release.js\n",
    "app.json": JSON.stringify({
      description: "A story",
      env: { SESSION_SECRET: { generator: "secret" }, GREETING: "hello" },
      formation: { web: { quantity: 1 }, worker: { quantity: 1 } },
      healthchecks: { web: [{ type: "startup", path: "/health", attempts: 30, wait: 0, timeout: 5 }] },
    }),
    "package.json": JSON.stringify({ name: "tiny", private: true, version: "1.0.0" }),
    "server.js": `
      const http = require("node:http");
      const { GREETING, DYNO, PORTSIDE_RELEASE, SESSION_SECRET, PORT } = process.env;
      const server = http.createServer((request, response) => {
        if (request.url.startsWith("/slow")) return setTimeout(() => response.end("slow ${version}"), 1500);
        response.end(JSON.stringify({ version: "${version}", greeting: GREETING, dyno: DYNO, release: PORTSIDE_RELEASE, secret: SESSION_SECRET, pid: process.pid }));
      });
      server.listen(PORT, "0.0.0.0", () => console.log("listening on " + PORT));
      process.on("SIGTERM", () => server.close(() => process.exit(0)));
    `,
    "worker.js": `let n = 0; setInterval(() => console.log(process.pid + " tick " + (n += 1)), 200);`,
    "release.js": `console.log("migrating for ${version}");`,
    ...extra,
  };
}

/** What its pages hold. */
export type TinyPage = {
  version: string;
  greeting?: string;
  dyno: string;
  release: string;
  secret: string;
  pid: number;
};
