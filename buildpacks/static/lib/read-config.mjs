import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

const KNOWN_KEYS = ["root", "clean_urls", "error_page", "routes", "redirects", "headers", "https_only", "basic_auth", "canonical_host"]; // prettier-ignore
// To leave these out in silence would open an app, or take a part of it away.
const REFUSED = {
  proxies: "this server passes no requests on; call the other host from the page, or use a server of your own",
  basic_auth_file: "use `basic_auth` with BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD in the app's config",
};
const REDIRECTS = [301, 302, 303, 307, 308];
const OWN_HEADERS = ["connection", "content-encoding", "content-length", "content-range", "etag", "transfer-encoding"]; // prettier-ignore
const BUILD_OUTPUTS = ["dist", "build", "out", "_site"];
const TRUE = ["1", "t", "T", "TRUE", "true", "True"];

/**
 * What the server is to do, from static.json and, where that says nothing, the variables. `root` is undefined when the app's
 * build made no folder of web files. Gives `{ config, warnings }`; throws with a message for the app's author.
 */
export function readConfig(env) {
  const given = existsSync("static.json") ? parseConfig(readFileSync("static.json", "utf8")) : {};
  for (const [key, instead] of Object.entries(REFUSED)) {
    if (given[key] !== undefined) throw new Error(`static.json: \`${key}\` is not supported: ${instead}`);
  }
  const warnings = Object.keys(given)
    .filter((key) => !KNOWN_KEYS.includes(key))
    .map((key) => `static.json: \`${key}\` is not supported and has no effect.`);
  const root = findRoot(typed(given, "root", "string"), env);
  const routes = Object.entries(typed(given, "routes", "object") ?? {});
  for (const [pattern, target] of routes) {
    if (typeof target !== "string") throw new Error(`static.json: the route \`${pattern}\` is no path of a file`);
  }
  const config = {
    root,
    cleanUrls: typed(given, "clean_urls", "boolean") ?? false,
    errorPage: (typed(given, "error_page", "string") ?? "404.html").replace(/^\/+/, ""),
    routes,
    isSinglePage: TRUE.includes(env.BP_WEB_SERVER_ENABLE_PUSH_STATE) || (routes.length === 0 && isSinglePage(root)),
    redirects: Object.entries(typed(given, "redirects", "object") ?? {}).map(readRedirect),
    headers: Object.entries(typed(given, "headers", "object") ?? {}).map(readHeaders),
    httpsOnly: typed(given, "https_only", "boolean") ?? TRUE.includes(env.BP_WEB_SERVER_FORCE_HTTPS),
    basicAuth: typed(given, "basic_auth", "boolean") ?? false,
    canonicalHost: readHost(typed(given, "canonical_host", "string")),
  };
  return { config, warnings };
}

function parseConfig(text) {
  let given;
  try {
    given = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Error(`static.json is not valid JSON: ${error.message}`);
  }
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new Error("static.json is not a JSON object");
  return given;
}

function typed(given, key, type) {
  const value = given[key];
  if (value === undefined) return undefined;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (type === "object" ? !isObject : typeof value !== type)
    throw new Error(`static.json: \`${key}\` must be of type ${type}`);
  return value;
}

/** static.json, then the variables, then the folder that has an index.html. */
function findRoot(named, env) {
  const [source, given] =
    named !== undefined
      ? ["static.json names", named]
      : [
          ["BP_STATIC_ROOT", "BP_WEB_SERVER_ROOT"].find((name) => env[name]),
          env.BP_STATIC_ROOT || env.BP_WEB_SERVER_ROOT,
        ];
  if (given === undefined || given === "") return existsSync("package.json") ? builtRoot() : plainRoot();
  const root = given.replace(/^(?:\.\/+)+/, "").replace(/\/+$/, "") || ".";
  const says = named !== undefined ? source : `${source} names`;
  if (root.startsWith("/") || root.split("/").includes(".."))
    throw new Error(`the folder \`${given}\` that ${says} lies outside the app`);
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Error(`the folder \`${root}\` that ${says} is not there`);
  const inside = relative(realpathSync("."), realpathSync(root));
  if (inside === ".." || inside.startsWith(`..${sep}`))
    throw new Error(`the folder \`${root}\` that ${says} lies outside the app`);
  return root;
}

function plainRoot() {
  return ["public", ...BUILD_OUTPUTS].find(hasIndex) ?? ".";
}

/** Beside a package.json the top and `public` are what a build reads; Angular makes `dist/NAME/browser`. */
function builtRoot() {
  const found = BUILD_OUTPUTS.find(hasIndex);
  if (found !== undefined || !isDirectory("dist")) return found ?? (hasIndex("public") ? "public" : undefined);
  const deeper = readdirSync("dist").flatMap((name) => [join("dist", name, "browser"), join("dist", name)]);
  return deeper.find(hasIndex) ?? (hasIndex("public") ? "public" : undefined);
}

/** What a build made of a package.json, with one page and none for errors: the page's own script knows the paths. */
function isSinglePage(root) {
  if (root === undefined || root === "." || !existsSync("package.json") || !hasIndex(root)) return false;
  return readdirSync(root).filter((name) => name.endsWith(".html")).length === 1;
}

function hasIndex(directory) {
  return statSync(join(directory, "index.html"), { throwIfNoEntry: false })?.isFile() === true;
}

function isDirectory(path) {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readHost(host) {
  if (host === undefined || /^[A-Za-z0-9.-]+(?::\d+)?$/.test(host)) return host;
  throw new Error(`static.json: \`canonical_host\` is \`${host}\`, which is no host`);
}

function readRedirect([pattern, value]) {
  const { url, status = 301 } = typeof value === "string" ? { url: value } : (value ?? {});
  if (typeof url !== "string" || url === "" || /[\s\0]/.test(url))
    throw new Error(`static.json: the redirect \`${pattern}\` has no \`url\``);
  if (!REDIRECTS.includes(status))
    throw new Error(
      `static.json: the redirect \`${pattern}\` has the status ${status}, not one of ${REDIRECTS.join(", ")}`,
    );
  return [pattern, url, status];
}

function readHeaders([pattern, given]) {
  if (typeof given !== "object" || given === null)
    throw new Error(`static.json: the headers of \`${pattern}\` are no object`);
  for (const [name, value] of Object.entries(given)) {
    if (
      !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) ||
      typeof value !== "string" ||
      /[^\t\x20-\x7e\x80-\xff]/.test(value)
    )
      throw new Error(`static.json: \`${name}\` of \`${pattern}\` is no header`);
    if (OWN_HEADERS.includes(name.toLowerCase()))
      throw new Error(`static.json: the header \`${name}\` is the server's own`);
  }
  return [pattern, Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]))];
}
