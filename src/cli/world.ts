import { homedir, userInfo } from "node:os";
import { resolve } from "node:path";

/** An output stream as the CLI needs it; `process.stdout` is one. */
export type CliStream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
};

/** What the CLI takes from the process it runs in, so that a test can run it inside its own. `process` is one. */
export type CliProcess = {
  /** The program and its script first, as in `process.argv`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
  readonly execPath: string;
  readonly platform: string;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; destroy(error?: Error): unknown };
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
};

/** What the environment variables and the place of the call mean for a command; read once, in `readEnvironment`. */
export type CliEnvironment = {
  /** Absolute root of the Portside home. */
  readonly home: string;
  /** Where the process stands; under `npm start` that is the package. */
  readonly directory: string;
  /** Where the user stands: relative paths of theirs start here. */
  readonly userDirectory: string;
  /** `portside`, or `npx portside` where only that works. */
  readonly program: string;
  /** Name of the OS user, as people know it. */
  readonly user: string;
  readonly colorAllowed: boolean;
  /** False on a terminal that cannot redraw a line. */
  readonly redrawAllowed: boolean;
  /** For programs we start: no trace of npm. */
  readonly childEnv: Readonly<Record<string, string>>;
  readonly execPath: string;
  readonly platform: string;
  /** Seconds since 1970, as typed; the date of what is reproducible. */
  readonly sourceDateEpoch: string | undefined;
};

/** Reads the environment variables the CLI knows: PORTSIDE_HOME, NO_COLOR, TERM, HOME, SOURCE_DATE_EPOCH and npm's own. */
export function readEnvironment(process: CliProcess): CliEnvironment {
  const { env } = process;
  const directory = process.cwd();
  const throughNpm = env["npm_command"] !== undefined || env["npm_lifecycle_event"] !== undefined;
  // A script of another package means its own folder; only our `npm start -- path` runs away from where the user stands.
  const isOwnScript = throughNpm && (env["npm_package_name"] ?? "portside") === "portside";
  const userDirectory = (isOwnScript && env["INIT_CWD"]) || directory;
  return {
    home: resolve(userDirectory, env["PORTSIDE_HOME"] || resolve(env["HOME"] || homedir(), ".portside")),
    directory,
    userDirectory,
    program: throughNpm ? "npx portside" : "portside",
    user: userName(env),
    colorAllowed: !env["NO_COLOR"] && env["TERM"] !== "dumb",
    redrawAllowed: env["TERM"] !== "dumb",
    childEnv: withoutNpm(env),
    execPath: process.execPath,
    platform: process.platform,
    sourceDateEpoch: env["SOURCE_DATE_EPOCH"] || undefined,
  };
}

/** Behind `sudo` the one who typed it. A user id without a name is shown as a number. */
function userName(env: CliProcess["env"]): string {
  try {
    const { username } = userInfo();
    const behind = env["SUDO_USER"];
    return username === "root" && behind !== undefined && behind !== "root" ? `${behind} as root` : username;
  } catch {
    // No entry in the system's list of users: containers often have none.
    return `uid ${process.getuid?.() ?? "?"}`;
  }
}

/**
 * The environment without npm's variables and without the `node_modules/.bin` folders npm puts in front of PATH:
 * a server started by `npm start` must be the same as one started from a shell. runtime-traps.md §2.
 */
function withoutNpm(env: CliProcess["env"]): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || name.toLowerCase().startsWith("npm_") || name === "INIT_CWD" ? [] : [[name, value] as const],
  );
  const clean = Object.fromEntries(kept);
  const folders = clean["PATH"]?.split(":").filter((folder) => !/node_modules\/\.bin$|node-gyp-bin$/.test(folder));
  return folders === undefined ? clean : { ...clean, PATH: folders.join(":") };
}
