/**
 * Where everything of one Portside installation lies: `$PORTSIDE_HOME`, default `~/.portside`. Nothing outside it is touched.
 * Pure: joins names only. Written and read by the rooms named at each field; directories are 0700, files 0600.
 */
export type Home = {
  readonly root: string;
  /** SQLite; control. */
  readonly database: string;
  /** SQLite; the log store. */
  readonly logDatabase: string;
  /** 32 random bytes, made at the first start; control. */
  readonly masterKey: string;
  /** Held by the running portsided (an SQLite lock, gone with its process). */
  readonly lock: string;
  /** API over HTTP on a Unix socket, 0600; api, CLI. */
  readonly apiSocket: string;
  /** Bearer token for the API's loopback TCP port; api. */
  readonly apiToken: string;
  /** What the running portsided says about itself (`ServerFile`), rewritten at each start; server, CLI. */
  readonly serverFile: string;
  readonly serverLog: string;
  /** Uploaded snapshots, by digest; build. */
  readonly sources: string;
  /** Built artifacts, by digest; build. */
  readonly artifacts: string;
  /** Layer and package caches, by app; build. */
  readonly buildCache: string;
  /** Buildpacks that were installed or fetched, by digest, and what is known of them; build. */
  readonly buildpacks: string;
  /** OCI images of apps, and the run images they stand on; build. */
  readonly images: string;
  /** Operator's build settings, CNB `build-config`; build. */
  readonly buildConfig: string;
  /** One directory an instance; engines/process. */
  readonly instances: string;
  /** Route table, written by control, read by edge. */
  readonly routeTable: string;
  /** Directory of the edge processes' status sockets. */
  readonly edge: string;
  /** Status socket of the edge process; edge. */
  readonly edgeSocket: string;
  /** Access-log lines the log store has not taken over yet; edge. */
  readonly accessLog: string;
  readonly edgeLog: string;
};

/** Paths below `root`, which must be absolute. */
export function homeAt(root: string): Home {
  const at = (name: string): string => `${root}/${name}`;
  return {
    root,
    database: at("portside.db"),
    logDatabase: at("logs.db"),
    masterKey: at("master.key"),
    lock: at("lock.db"),
    apiSocket: at("api.sock"),
    apiToken: at("api.token"),
    serverFile: at("server.json"),
    serverLog: at("server.log"),
    sources: at("sources"),
    artifacts: at("artifacts"),
    buildCache: at("build-cache"),
    buildpacks: at("buildpacks"),
    images: at("images"),
    buildConfig: at("build-config"),
    instances: at("instances"),
    routeTable: at("edge/routes.json"),
    edge: at("edge"),
    edgeSocket: at("edge/edge-0.sock"),
    accessLog: at("edge/access.ndjson"),
    edgeLog: at("edge.log"),
  };
}

/** `server.json`: how to reach the running portsided. Written by server at start. Read by the CLI. */
export type ServerFile = {
  readonly pid: number;
  readonly version: string;
  readonly apiUrl: string;
  readonly startedAt: number;
};

/**
 * One line of `accessLog`, as JSON. Written by edge. Read by the log store, which puts `line` into the app's log
 * as `portside[router]`.
 */
export type AccessLogEntry = { readonly app: string; readonly atUs: number; readonly line: string };
