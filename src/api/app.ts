import { OpenAPIHono } from "@hono/zod-openapi";
import type { Hook } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { visibleExcerpt } from "../lib/visible-text.ts";
import { ERRORS, PortsideError } from "../model/error-registry.ts";
import { createAuthenticate } from "./access.ts";
import { RouteTable } from "./define-route.ts";
import type { RouteSummary } from "./define-route.ts";
import type { ApiLog } from "./api-log.ts";
import type { ApiContext, ApiEnv, ApiOptions } from "./environment.ts";
import { EventStreams } from "./event-stream.ts";
import { API_LIMITS } from "./limits.ts";
import { addOpenApiRoute, addSchemaRoute } from "./openapi.ts";
import { guardOrigin } from "./origin-guard.ts";
import { invalidRequest, presentable, problemResponse } from "./problems.ts";
import { addAppRoutes } from "./routes/apps.ts";
import { addBuildpackRoutes } from "./routes/buildpacks.ts";
import { addCheckRoutes } from "./routes/checks.ts";
import { addBuildRoutes } from "./routes/builds.ts";
import { addConfigRoutes } from "./routes/config.ts";
import { addDeployRoutes } from "./routes/deploys.ts";
import { addImageRoutes } from "./routes/images.ts";
import { addLogRoutes } from "./routes/logs.ts";
import { addOperationRoutes } from "./routes/operations.ts";
import { addPlatformRoutes } from "./routes/platform.ts";
import { addPsRoutes } from "./routes/ps.ts";
import { addReleaseRoutes } from "./routes/releases.ts";
import { addStorageRoutes } from "./routes/storage.ts";
import { addSettingsRoutes } from "./routes/settings.ts";
import { addSourceRoutes } from "./routes/sources.ts";

const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
};

/** An API with what its tests and documentation look into. */
export type BuiltApi = {
  readonly app: OpenAPIHono<ApiEnv>;
  readonly routes: readonly RouteSummary[];
  readonly streams: EventStreams;
};

/**
 * The HTTP API over control, without a port: `fetch` it with the listener's bindings (`trusted` for peers of the Unix
 * socket). Throws when a route declares no access, and E_SERVER_START when the token is too short.
 */
export function createApi(options: ApiOptions): OpenAPIHono<ApiEnv> {
  return buildApi(options).app;
}

/** See `createApi`. */
export function buildApi(options: ApiOptions): BuiltApi {
  const limits = { ...API_LIMITS, ...options.limits };
  const streams = new EventStreams({ ...options, limits });
  const app = new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid });
  const table = new RouteTable(app, limits);
  app.use(observe(options, table));
  app.use(guardOrigin);
  addRoutes(table, { control: options.control, streams, limits, log: options.log });
  addSchemaRoute(table, options.appSchema);
  addOpenApiRoute(table, app, options.version);
  const parts = { log: options.log, table };
  app.notFound((c) => answerError(refusePath(c, table), c, parts));
  app.onError((error, c) => answerError(error, c, parts));
  table.assertComplete();
  return { app, routes: table.summaries(), streams };
}

function addRoutes(table: RouteTable, context: ApiContext): void {
  addPlatformRoutes(table, context);
  addAppRoutes(table, context);
  addDeployRoutes(table, context);
  addBuildpackRoutes(table, context);
  addBuildRoutes(table, context);
  addPsRoutes(table, context);
  addCheckRoutes(table, context);
  addConfigRoutes(table, context);
  addReleaseRoutes(table, context);
  addSettingsRoutes(table, context);
  addStorageRoutes(table, context);
  addImageRoutes(table, context);
  addLogRoutes(table, context);
  addSourceRoutes(table, context);
  addOperationRoutes(table, context);
}

/** Around every request: its number, its principal, the answer's headers, one line in the log. */
function observe({ token, clock, log }: ApiOptions, table: RouteTable): MiddlewareHandler<ApiEnv> {
  const authenticate = createAuthenticate(token);
  let requestCount = 0;
  return async (c, next) => {
    const startedAt = clock.now();
    requestCount += 1;
    c.set("requestNumber", requestCount);
    // `app.request()` without bindings leaves `env` undefined, whatever its type says.
    c.set(
      "principal",
      authenticate({ trusted: c.env?.trusted === true, authorization: c.req.header("authorization") }),
    );
    await next();
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
    log({
      level: c.req.method === "GET" || c.req.method === "HEAD" ? "debug" : "info",
      msg: "api request",
      request: requestCount,
      method: c.req.method,
      // The pattern, not the path: what strangers wrote stays out of the log.
      route: table.match(c.req.path)?.pattern ?? "none",
      by: c.get("principal")?.kind ?? "nobody",
      status: c.res.status,
      durationMs: clock.now() - startedAt,
    });
  };
}

/** What to say where no route is. Strangers learn nothing, not even which paths exist. */
function refusePath(c: Context<ApiEnv>, table: RouteTable): PortsideError {
  if (c.get("principal") === undefined) return new PortsideError("E_UNAUTHORIZED");
  const match = table.match(c.req.path);
  if (match === undefined) return new PortsideError("E_NOT_FOUND", { what: "such address in this API" });
  return new PortsideError("E_METHOD", { method: visibleExcerpt(c.req.method), path: match.pattern });
}

/** The one place where errors become answers, and where those that are our own fault reach the log. */
function answerError(error: unknown, c: Context<ApiEnv>, { log, table }: { log: ApiLog; table: RouteTable }): Response {
  const request = c.get("requestNumber");
  // hono's own refusals of a body carry no code of ours.
  const known =
    error instanceof HTTPException
      ? new PortsideError("E_REQUEST_INVALID", { problem: "the body is not what it says" })
      : error;
  const shown = presentable(known, request);
  if (c.req.raw.signal.aborted) log({ level: "debug", msg: "the caller went away", request });
  else if (ERRORS[shown.code].status >= 500) log({ level: "error", msg: "api request failed", request, err: error });
  const allow = shown.code === "E_METHOD" ? { Allow: table.match(c.req.path)?.methods.join(", ") ?? "" } : {};
  return problemResponse(shown, allow);
}

const refuseInvalid: Hook<unknown, ApiEnv, string, Response | undefined> = (result) => {
  if (result.success) return undefined;
  throw invalidRequest(result.target === "json" ? "body" : result.target, result.error.issues);
};
