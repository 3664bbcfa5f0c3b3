import type { AppDetails, AppSummary } from "../../control/control-plane.ts";
import { parseAppName, type App, type AppName } from "../../model/app.ts";
import type { Release } from "../../model/release.ts";
import type { Digest } from "../../model/source.ts";

/** 2026-01-01T00:00:00Z. */
export const START_MS = Date.UTC(2026, 0, 1);
export const DIGEST: Digest = `sha256:${"ab".repeat(32)}`;

function appName(raw: string): AppName {
  const name = parseAppName(raw);
  if (name === undefined) throw new Error(`${raw} is no app name`);
  return name;
}

export const RESULT = { instance: "web.1", state: "passing", attempts: 1, detail: "GET / 200", at: START_MS } as const;
export const CHECK = { name: "GET /", type: "startup", isDefault: false, warn: false } as const;
export const APP: App = { name: appName("demo"), origin: "/srv/demo", createdAt: START_MS, currentRelease: 2 };
export const SUMMARY: AppSummary = {
  app: APP,
  url: "http://demo.localhost:8080",
  formation: { web: 1 },
  serving: { web: 1 },
};
export const DETAILS: AppDetails = {
  ...SUMMARY,
  buildpacks: [{ id: "portside/nodejs", version: "1.0.0" }],
  processes: [{ type: "web", command: "node server.js" }],
  instances: [
    {
      id: "demo-web-1-a",
      app: APP.name,
      release: 2,
      type: "web",
      number: 1,
      phase: "serving",
      address: { host: "127.0.0.1", port: 5001 },
      startedAt: START_MS,
      operation: 1,
      restarts: 0,
      ready: true,
      usage: { cpuPercent: 1.5, memoryBytes: 50_000_000, processCount: 2 },
    },
    {
      id: "demo-web-2-b",
      app: APP.name,
      release: 2,
      type: "web",
      number: 2,
      phase: "crashed",
      startedAt: START_MS,
      operation: 1,
      restarts: 3,
      exit: { code: 1, at: START_MS },
      ready: true,
    },
  ],
};
export const RELEASE: Release = {
  app: APP.name,
  number: 2,
  artifact: DIGEST,
  source: DIGEST,
  configVersion: 1,
  declaredFormation: {},
  formation: { web: 1 },
  healthchecks: {},
  stopTimeouts: {},
  resources: {},
  maxParallel: {},
  hooks: {},
  types: ["web"],
  hasReleaseCommand: false,
  description: "Deploy abababab",
  status: "current",
  createdAt: START_MS,
  operation: 1,
};
