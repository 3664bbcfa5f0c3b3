import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { defaultBuildLimits, type BuildLimits } from "../build/sandbox/build-limits.ts";
import { DEFAULT_LIMITS, type Limits } from "../control/world.ts";
import { isNetwork } from "../lib/address-guard.ts";
import { readTextIfExists } from "../lib/files.ts";
import { PortsideError } from "../model/error-registry.ts";

const PORT_DEFAULT = 8080;
const PORT_MAX = 65_535;
const MIB = 1_048_576;

/** Where programs are looked for by builds and instances, before the app's own layers. Never the platform's own PATH. */
const SYSTEM_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
const MAC_PATH = ["/opt/homebrew/bin", ...SYSTEM_PATH];

/** Not secrets: where certificates and registries are, and proxies. Everything else of our own environment stays here. */
const NETWORK_NAMES = [
  ...["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "NPM_CONFIG_REGISTRY", "PIP_INDEX_URL"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
];

/** What an operator can set by environment variables of portsided. */
export type Settings = {
  readonly homeRoot: string;
  /** The router's port; the next free one is taken when it is busy. */
  readonly port: number;
  readonly basePath: string;
  /** How builds reach the network from this machine. */
  readonly network: Readonly<Record<string, string>>;
  /** Networks besides the public ones that buildpacks may be fetched from. */
  readonly fetchNetworks: readonly string[];
  readonly limits: Limits;
  readonly buildLimits: BuildLimits;
  /** Networks that requests made on an app's word may reach besides the internet: `10.0.0.0/8`. security.md rule 11. */
  readonly allowedNetworks: readonly string[];
};

/**
 * Reads PORTSIDE_HOME (default `~/.portside`), PORTSIDE_PORT, PORTSIDE_PATH (extra directories for apps, before the
 * system's), PORTSIDE_BOOT_TIMEOUT, PORTSIDE_DRAIN_TIMEOUT, PORTSIDE_RELEASE_TIMEOUT, PORTSIDE_HOOK_TIMEOUT (seconds), PORTSIDE_KEEP_RELEASES, PORTSIDE_KEEP_MB,
 * PORTSIDE_FETCH_NETWORKS and PORTSIDE_ALLOW_NETWORKS (`10.0.0.0/8,127.0.0.1`), and the limits of builds. Errors: E_USAGE.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>, execPath: string): Settings {
  const home = env["PORTSIDE_HOME"] ?? join(env["HOME"] ?? "/", ".portside");
  if (!home.startsWith("/")) throw new PortsideError("E_USAGE", { problem: "PORTSIDE_HOME must be an absolute path." });
  return {
    homeRoot: home.replace(/\/+$/, ""),
    port: readNumber(env, "PORTSIDE_PORT", { min: 1, max: PORT_MAX }) ?? PORT_DEFAULT,
    basePath: planBasePath(env, execPath),
    network: planNetwork(env),
    fetchNetworks: readNetworks(env, "PORTSIDE_FETCH_NETWORKS"),
    limits: {
      ...DEFAULT_LIMITS,
      ...readSeconds(env, "PORTSIDE_BOOT_TIMEOUT", "bootMs"),
      ...readSeconds(env, "PORTSIDE_DRAIN_TIMEOUT", "drainMs"),
      ...readSeconds(env, "PORTSIDE_RELEASE_TIMEOUT", "releaseCommandMs"),
      ...readSeconds(env, "PORTSIDE_HOOK_TIMEOUT", "hookMs"),
      ...readRetention(env),
      buildsAtATime: readNumber(env, "PORTSIDE_BUILDS", { min: 1, max: 64 }) ?? DEFAULT_LIMITS.buildsAtATime,
    },
    allowedNetworks: readNetworks(env, "PORTSIDE_ALLOW_NETWORKS"),
    buildLimits: planBuildLimits(env),
  };
}

/** PORTSIDE_BUILD_MEMORY and PORTSIDE_BUILD_DISK in MiB, PORTSIDE_BUILD_CPUS, PORTSIDE_BUILD_TIMEOUT in seconds. */
function planBuildLimits(env: Readonly<Record<string, string | undefined>>): BuildLimits {
  const defaults = defaultBuildLimits();
  const memory = readNumber(env, "PORTSIDE_BUILD_MEMORY", { min: 64, max: MIB });
  const disk = readNumber(env, "PORTSIDE_BUILD_DISK", { min: 16, max: 16 * MIB });
  const seconds = readNumber(env, "PORTSIDE_BUILD_TIMEOUT", { min: 1, max: 86_400 });
  return {
    ...defaults,
    memoryBytesMax: memory === undefined ? defaults.memoryBytesMax : memory * MIB,
    diskBytesMax: disk === undefined ? defaults.diskBytesMax : disk * MIB,
    cpuCoresMax: readNumber(env, "PORTSIDE_BUILD_CPUS", { min: 1, max: 1_024 }) ?? defaults.cpuCoresMax,
    timeMsMax: seconds === undefined ? defaults.timeMsMax : seconds * 1_000,
  };
}

/**
 * The fixed list; where it has no `node` (nvm, asdf …) the directory of the first one on the operator's PATH that is not
 * inside a `node_modules`, since npm puts those first; else the Node this runs on.
 */
function planBasePath(env: Readonly<Record<string, string | undefined>>, execPath: string): string {
  const fixed = process.platform === "darwin" ? MAC_PATH : SYSTEM_PATH;
  const extra = (env["PORTSIDE_PATH"] ?? "").split(delimiter).filter(Boolean);
  const known = [...extra, ...fixed];
  if (known.some(hasNode)) return known.join(delimiter);
  const own = (env["PATH"] ?? "")
    .split(delimiter)
    .filter((directory) => directory !== "" && !directory.includes("/node_modules/"));
  return [...known, own.find(hasNode) ?? dirname(execPath)].join(delimiter);
}

/** From our own environment, and where npm's registry is from the operator's `~/.npmrc`: never its tokens. */
function planNetwork(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const fromEnv = NETWORK_NAMES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  const npmrc = readTextIfExists(join(env["HOME"] ?? "/", ".npmrc")) ?? "";
  const fromNpmrc = [...npmrc.matchAll(/^\s*(registry|cafile)\s*=\s*(\S+)\s*$/gm)].map(([, key, value]) => [
    `npm_config_${key}`,
    value,
  ]);
  return Object.fromEntries([...fromNpmrc, ...fromEnv]) as Record<string, string>;
}

function hasNode(directory: string): boolean {
  try {
    accessSync(join(directory, "node"), constants.X_OK);
    return true;
  } catch {
    // Not there, or not executable: not a Node for apps.
    return false;
  }
}

function readNetworks(env: Readonly<Record<string, string | undefined>>, name: string): readonly string[] {
  const networks = (env[name] ?? "").split(/[\s,]+/).filter(Boolean);
  const wrong = networks.find((network) => !isNetwork(network));
  if (wrong === undefined) return networks;
  throw new PortsideError("E_USAGE", { problem: `${name} must be networks such as 10.0.0.0/8, with commas between.` });
}

function readSeconds<Key extends keyof Limits>(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  key: Key,
): Partial<Limits> {
  const seconds = readNumber(env, name, { min: 1, max: 86_400 });
  return seconds === undefined ? {} : { [key]: seconds * 1000 };
}

/** At least the release that serves and the one before it. */
function readRetention(env: Readonly<Record<string, string | undefined>>): Partial<Limits> {
  const keepReleases = readNumber(env, "PORTSIDE_KEEP_RELEASES", { min: 2, max: 1_000 });
  const megabytes = readNumber(env, "PORTSIDE_KEEP_MB", { min: 1, max: 100_000_000 });
  return {
    ...(keepReleases === undefined ? {} : { keepReleases }),
    ...(megabytes === undefined ? {} : { keepBytes: megabytes * 1_000_000 }),
  };
}

function readNumber(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  range: { readonly min: number; readonly max: number },
): number | undefined {
  const raw = env[name];
  if (raw === undefined || raw === "") return undefined;
  const number = Number(raw);
  if (!Number.isInteger(number) || number < range.min || number > range.max) {
    throw new PortsideError("E_USAGE", {
      problem: `${name} must be a whole number from ${range.min} to ${range.max}.`,
    });
  }
  return number;
}
