import { parseAppName } from "../model/app.ts";
import { ROUTE_TABLE_SCHEMA, type Route, type RouteTable, type RouteTarget } from "../model/route-table.ts";

/** A checked table, or one sentence that says why there is none. */
export type ParsedTable = { readonly table: RouteTable } | { readonly problem: string };

const STATES: readonly string[] = ["serving", "stopped", "crashed", "blank"] satisfies Route["state"][];

/** A table without routes is valid (the last app was destroyed); an empty file is not. router.md §7, §10 case 3. */
export function parseTable(rawText: string): ParsedTable {
  if (rawText.trim() === "") return { problem: "the file is empty" };
  try {
    return { table: checkTable(JSON.parse(rawText)) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function checkTable(raw: unknown): RouteTable {
  const { schema, version, routes } = asObject(raw, "the table");
  const schemaNumber = asInteger(schema, "schema", 1);
  if (schemaNumber > ROUTE_TABLE_SCHEMA) {
    throw new Error(`schema ${schemaNumber} is newer than ${ROUTE_TABLE_SCHEMA}, the newest this edge reads`);
  }
  const checked = asArray(routes, "routes").map(checkRoute);
  refuseSharedHosts(checked);
  return { schema: schemaNumber, version: asInteger(version, "version", 0), routes: checked };
}

function checkRoute(raw: unknown, index: number): Route {
  const where = `routes[${index}]`;
  const { app: rawApp, hosts, state, targets } = asObject(raw, where);
  const app = parseAppName(asString(rawApp, `${where}.app`));
  if (app === undefined) throw new Error(`${where}.app is not an app's name`);
  if (typeof state !== "string" || !STATES.includes(state)) throw new Error(`${where}.state is not known`);
  return {
    app,
    hosts: asArray(hosts, `${where}.hosts`).map((host) => asString(host, `${where}.hosts`)),
    state: state as Route["state"],
    targets: asArray(targets, `${where}.targets`).map((target) => checkTarget(target, `${where}.targets`)),
  };
}

function checkTarget(raw: unknown, where: string): RouteTarget {
  const { instance, name, host, port } = asObject(raw, where);
  const checkedPort = asInteger(port, `${where}.port`, 1);
  if (checkedPort > 65_535) throw new Error(`${where}.port is above 65535`);
  return {
    instance: asString(instance, `${where}.instance`),
    name: asString(name, `${where}.name`),
    host: asString(host, `${where}.host`),
    port: checkedPort,
  };
}

/** Two apps cannot own a name (router.md §10 case 11), and no host is compared that a request could never have. */
function refuseSharedHosts(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const host of routes.flatMap((route) => route.hosts)) {
    if (host !== host.toLowerCase() || /[\s:/]/.test(host)) throw new Error(`a host must be lower case, without port`);
    if (seen.has(host)) throw new Error(`a host is listed twice`);
    seen.add(host);
  }
}

function asObject(raw: unknown, where: string): Record<string, unknown> {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) throw new Error(`${where} is not an object`);
  return raw as Record<string, unknown>;
}

function asArray(raw: unknown, where: string): unknown[] {
  if (!Array.isArray(raw)) throw new Error(`${where} is not a list`);
  return raw;
}

function asString(raw: unknown, where: string): string {
  if (typeof raw !== "string" || raw === "") throw new Error(`${where} is not a text`);
  return raw;
}

function asInteger(raw: unknown, where: string, min: number): number {
  if (!Number.isSafeInteger(raw) || (raw as number) < min)
    throw new Error(`${where} is not a whole number from ${min}`);
  return raw as number;
}
