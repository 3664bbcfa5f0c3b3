import { collectionRequestSchema, collectionSchema } from "../../wire/storage.ts";
import { defineRoute, jsonAnswer, jsonBody } from "../define-route.ts";
import type { RouteTable } from "../define-route.ts";
import type { ApiContext } from "../environment.ts";
import { collectionView } from "../views.ts";

const collect = defineRoute({
  method: "post",
  path: "/v1/collections",
  access: { resource: "platform", action: "collect" },
  summary: "Removes stored artifacts and sources that nothing needs; with `dryRun` only says which.",
  request: { body: jsonBody(collectionRequestSchema) },
  responses: { 200: jsonAnswer(collectionSchema, "What was removed, or would be.") },
});

/** `portside gc`. */
export function addStorageRoutes(table: RouteTable, { control }: ApiContext): void {
  table.add(collect, async (c) => c.json(collectionView(await control.collectGarbage(c.req.valid("json"))), 200));
}
