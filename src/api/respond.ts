import type { Context, TypedResponse } from "hono";
import type { Operation } from "../model/operation.ts";
import type { OperationView } from "../wire/operations.ts";
import type { ApiEnv } from "./environment.ts";
import { operationView } from "./views.ts";

/** 202 with the operation that does what was asked for; `Location` is where to watch it. */
export function accepted(
  c: Context<ApiEnv>,
  operation: Operation,
): Response & TypedResponse<OperationView, 202, "json"> {
  c.header("Location", `/v1/operations/${operation.id}`);
  return c.json(operationView(operation), 202);
}
