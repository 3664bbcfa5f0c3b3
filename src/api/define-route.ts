import { createRoute } from "@hono/zod-openapi";
import type { OpenAPIHono, RouteConfig, RouteHandler } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type * as z from "zod";
import { PortsideError } from "../model/error-registry.ts";
import { operationSchema } from "../wire/operations.ts";
import { PROBLEM_CONTENT_TYPE, problemSchema } from "../wire/problem.ts";
import { accessName, demandAccess } from "./access.ts";
import type { Access } from "./access.ts";
import type { ApiEnv } from "./environment.ts";
import type { ApiLimits } from "./limits.ts";
import { readJsonBody } from "./request-body.ts";

/** A route as its file declares it: OpenAPI's words, one sentence on what it does, and who may. */
type RouteDeclaration = RouteConfig & { readonly access: Access; readonly summary: string };

/** A route that says who may. Only `defineRoute` makes one. security.md rule 1. */
export type DeclaredRoute = RouteDeclaration & { readonly getRoutingPath: () => string };

/** What the documentation shows of a route. */
export type RouteSummary = {
  readonly method: string;
  readonly path: string;
  readonly access: string;
  readonly summary: string;
};

/** Declares a route; without `access` it neither compiles nor registers. */
export function defineRoute<P extends string, R extends Omit<RouteDeclaration, "path"> & { path: P }>(
  route: R,
): ReturnType<typeof createRoute<P, R>> {
  return createRoute<P, R>(route);
}

/** A required JSON body of that shape. */
export function jsonBody<S extends z.ZodType>(
  schema: S,
): { content: { "application/json": { schema: S } }; required: true } {
  return { content: { "application/json": { schema } }, required: true };
}

/** A JSON answer of that shape. */
export function jsonAnswer<S extends z.ZodType>(
  schema: S,
  description: string,
): { content: { "application/json": { schema: S } }; description: string } {
  return { content: { "application/json": { schema } }, description };
}

/** What every route that changes an app answers: the operation that does it, at once; `Location` leads to it. */
export const ACCEPTED = {
  202: jsonAnswer(operationSchema, "The operation that does it, waiting or running."),
} as const;

type Guarded = { readonly middleware: MiddlewareHandler<ApiEnv>[] };

/** Every route of the API, with the one way to add another. */
export class RouteTable {
  readonly #app: OpenAPIHono<ApiEnv>;
  readonly #limits: ApiLimits;
  readonly #routes: DeclaredRoute[] = [];
  /** `GET /v1/apps/:app` of everything added here. */
  readonly #declared = new Set<string>();

  constructor(app: OpenAPIHono<ApiEnv>, limits: ApiLimits) {
    this.#app = app;
    this.#limits = limits;
  }

  /** Adds a route with its right checked first, then its body's limit, then its schemas. Throws when it declares no access. */
  add<R extends DeclaredRoute>(route: R, handler: RouteHandler<R, ApiEnv>): void {
    const { access, ...config } = route;
    // A caller that got around the types must fail at boot, not be open to all.
    if ((access as Access | undefined) === undefined)
      throw new Error(`${route.method} ${route.path} declares no access`);
    const middleware = [
      authorize(access),
      ...(acceptsJson(route) ? [readJsonBody(this.#limits.jsonBodyBytesMax)] : []),
    ];
    const responses = { ...route.responses, default: PROBLEM_ANSWER };
    const documented: RouteConfig & Guarded = {
      ...(config as RouteConfig),
      responses,
      ...documentedAccess(access),
      middleware,
    };
    // hono asks the GET routes for HEAD too, so a HEAD route lives under GET and refuses everything else.
    if (route.method === "head") this.#addHead(documented, handler as never);
    // The handler was checked against its own route above; `documented` has lost that type.
    else this.#app.openapi(documented, handler as never);
    this.#routes.push(route);
    this.#declared.add(`${route.method === "head" ? "GET" : route.method.toUpperCase()} ${route.getRoutingPath()}`);
  }

  #addHead(route: RouteConfig & Guarded, handler: MiddlewareHandler<ApiEnv>): void {
    const { middleware, ...documented } = route;
    const path = documented.path.replaceAll(/\/{(.+?)}/g, "/:$1");
    this.#app.openAPIRegistry.registerPath(documented);
    this.#app.on(["GET"], [path], ...middleware, (c, next) => {
      if (c.req.method === "HEAD") return handler(c, next);
      throw new PortsideError("E_METHOD", { method: "GET", path: documented.path });
    });
  }

  /** Throws when the app has a route that was not added here. */
  assertComplete(): void {
    for (const { method, path } of this.#app.routes) {
      if (method !== "ALL" && !this.#declared.has(`${method} ${path}`))
        throw new Error(`${method} ${path} declares no access`);
    }
  }

  /** The route pattern that a path fits and the methods it takes, sorted; `undefined` when it fits none. */
  match(path: string): { readonly pattern: string; readonly methods: readonly string[] } | undefined {
    const fitting = this.#routes.filter((route) => fits(route.path, path));
    const [first] = fitting;
    if (first === undefined) return undefined;
    const methods = fitting.flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
    return { pattern: first.path, methods: [...new Set(methods)].sort() };
  }

  /** For the documentation, in the order they were added. */
  summaries(): readonly RouteSummary[] {
    return this.#routes.map(({ method, path, access, summary }) => ({
      method: method.toUpperCase(),
      path,
      access: accessName(access),
      summary,
    }));
  }
}

const PROBLEM_ANSWER = {
  description: "What went wrong, by a code of the registry.",
  content: { [PROBLEM_CONTENT_TYPE]: { schema: problemSchema } },
};

function authorize(access: Access): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    demandAccess(access, c.get("principal"));
    await next();
  };
}

function documentedAccess(access: Access): { security: Record<string, string[]>[]; "x-access": string } {
  return { security: "public" in access ? [] : [{ token: [] }], "x-access": accessName(access) };
}

function acceptsJson(route: RouteConfig): boolean {
  return Object.hasOwn(route.request?.body?.content ?? {}, "application/json");
}

function fits(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part.startsWith("{") ? given[index] !== "" : part === given[index]))
  );
}
