import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * The service bindings of this build, from the first of `SERVICE_BINDING_ROOT`, `CNB_BINDINGS`, `VCAP_SERVICES` and
 * `<platform>/bindings` that is given. Types in lower case; values without white space around them.
 */
export function readBindings(env, platform) {
  const root = env.SERVICE_BINDING_ROOT || env.CNB_BINDINGS;
  if (root) return fromDirectory(root);
  if (env.VCAP_SERVICES) return fromVcap(env.VCAP_SERVICES);
  return fromDirectory(join(platform, "bindings"));
}

function fromDirectory(root) {
  return visible(root, "isDirectory").map((name) => {
    const home = join(root, name);
    // The layout before the Service Binding Specification kept the type apart from the secrets.
    const values = new Map(["metadata", "secret", "."].flatMap((part) => filesOf(join(home, part))));
    return binding(name, values);
  });
}

function filesOf(directory) {
  return visible(directory, "isFile").map((name) => [name, readFileSync(join(directory, name), "utf8").trim()]);
}

function visible(directory, kind) {
  let names;
  try {
    names = readdirSync(directory);
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  }
  const isWanted = (name) => statSync(join(directory, name), { throwIfNoEntry: false })?.[kind]() === true;
  return names.filter((name) => !name.startsWith(".") && isWanted(name)).sort();
}

/** None of a text that is something else, as everywhere in the field; its words stay out of the log, they are secrets. */
function fromVcap(text) {
  return servicesOf(text).map((service) => {
    const values = Object.entries(service.credentials ?? {}).filter(([, value]) => typeof value === "string");
    const trimmed = values.map(([key, value]) => [key, value.trim()]);
    return binding(service.name, new Map([...trimmed, ["type", String(service.label ?? "")]]));
  });
}

function servicesOf(text) {
  try {
    const services = Object.values(JSON.parse(text)).flat();
    if (services.every((service) => typeof service === "object" && service !== null)) return services;
  } catch {
    // Told below, without what the parser quotes.
  }
  console.log("Warning: VCAP_SERVICES is not valid JSON of services; there are no bindings.");
  return [];
}

function binding(name, values) {
  const type = values.get("type") ?? values.get("kind") ?? "";
  return { name, type: type.toLowerCase(), values };
}
