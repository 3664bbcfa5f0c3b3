/**
 * Everything that stops an operation, a request or a command: HTTP status, exit status of the CLI, one sentence, one action.
 * `{name}` in a text is filled in by whoever reports it. A code is never reused or renamed.
 * `docs/reference/errors.md` is held equal to this table by a test.
 */
export type ErrorEntry = {
  readonly status: number;
  readonly exit: number;
  readonly text: string;
  readonly hint: string;
};

export const ERRORS = {
  E_USAGE: { status: 400, exit: 2, text: "{problem}", hint: "Run `portside help` for the commands and their flags." },
  E_INTERNAL: {
    status: 500,
    exit: 70,
    text: "Portside hit a defect of its own: {problem}.",
    hint: "Look into server.log in the Portside home and report it.",
  },
  E_REQUEST_INVALID: {
    status: 400,
    exit: 2,
    text: "The request is not valid: {problem}.",
    hint: "See /openapi.json for what is accepted.",
  },
  E_UNAUTHORIZED: {
    status: 401,
    exit: 1,
    text: "The request carries no valid token.",
    hint: "Send `Authorization: Bearer` with the token of the Portside home, or use its Unix socket.",
  },
  E_NOT_FOUND: { status: 404, exit: 1, text: "There is no {what}.", hint: "Check the address." },
  E_METHOD: {
    status: 405,
    exit: 1,
    text: "{method} is not possible on {path}.",
    hint: "See /openapi.json for what is accepted.",
  },
  E_BODY_TOO_LARGE: {
    status: 413,
    exit: 1,
    text: "The body is larger than {limit}.",
    hint: "Leave large files out with a .portsideignore file.",
  },
  E_ORIGIN: {
    status: 403,
    exit: 1,
    text: "The request was refused: {problem}.",
    hint: "Use the address that `portside status` shows, from no other site's page.",
  },
  E_STREAMS_MAX: {
    status: 503,
    exit: 1,
    text: "{limit} event streams are open already.",
    hint: "Close one that follows an operation or a log, then try again.",
  },
  E_SERVER_DOWN: {
    status: 503,
    exit: 1,
    text: "Portside is not running on this machine.",
    hint: "Start it with `portside up`.",
  },
  E_SERVER_LOST: {
    status: 503,
    exit: 1,
    text: "Portside went away before it answered.",
    hint: "Start it again with `portside up`; what it had begun goes on or is undone.",
  },
  E_SERVER_START: {
    status: 500,
    exit: 1,
    text: "Portside did not start: {problem}.",
    hint: "Look into server.log in the Portside home.",
  },
  E_SERVER_STOPPING: {
    status: 503,
    exit: 1,
    text: "Portside is stopping.",
    hint: "Wait until it has stopped, then start it with `portside up`.",
  },
  E_HOME_UNUSABLE: {
    status: 500,
    exit: 1,
    text: "The Portside home {path} cannot be used: {problem}.",
    hint: "Make it writable for this user, or set PORTSIDE_HOME to another directory.",
  },
  E_MASTER_KEY: {
    status: 500,
    exit: 1,
    text: "The master key does not fit this Portside home: {problem}.",
    hint: "Put the master.key file back that belongs to it; without it the config values cannot be read.",
  },
  E_DATABASE_NEWER: {
    status: 500,
    exit: 1,
    text: "The database was written by a newer Portside (schema {found}, this one knows {known}).",
    hint: "Run the newer Portside, or restore the backup made before the upgrade.",
  },
  E_DATABASE_CHANGED: {
    status: 500,
    exit: 1,
    text: "Migration {name} differs from the one this database was made with.",
    hint: "Run the Portside version that made it.",
  },
  E_DISK_FULL: {
    status: 507,
    exit: 1,
    text: "The disk is full: {problem}.",
    hint: "Free space where the Portside home is, then run the command again.",
  },
  E_BUILD_DISK_QUOTA: {
    status: 422,
    exit: 1,
    text: "The build was stopped: it wrote more than {quota}, its share of the disk.",
    hint: "Find what writes so much (`portside builds:output`), or raise PORTSIDE_BUILD_DISK.",
  },
  E_APP_NAME: {
    status: 400,
    exit: 2,
    text: "`{name}` cannot be an app's name.",
    hint: "Use a lower-case letter, then letters, digits and `-`, at most 39 characters; name it with `--app`.",
  },
  E_APP_UNKNOWN: {
    status: 404,
    exit: 1,
    text: "There is no app `{app}`.",
    hint: "List the apps with `portside apps`.",
  },
  E_APP_PATH: {
    status: 422,
    exit: 2,
    text: "The app cannot lie in {path}: {problem}.",
    hint: "Name a directory inside the source with `--path`, for example services/api; `--path .` is all of it.",
  },
  E_APP_NAME_TAKEN: {
    status: 409,
    exit: 1,
    text: "`{app}` already exists and was deployed from {origin}.",
    hint: "Choose another name with `--app NAME`, or replace it on purpose with `--app {app}`.",
  },
  E_APP_NO_RELEASE: { status: 409, exit: 1, text: "`{app}` has no release yet.", hint: "Deploy it first." },
  E_APP_BUSY: {
    status: 409,
    exit: 1,
    text: "Another operation is running on `{app}`.",
    hint: "Wait for it, or cancel it.",
  },
  E_SOURCE_UNKNOWN: {
    status: 404,
    exit: 1,
    text: "The server does not have the source {digest}.",
    hint: "Upload it first.",
  },
  E_SOURCE_INVALID: {
    status: 400,
    exit: 1,
    text: "The uploaded source is not what it claims to be: {problem}.",
    hint: "Run the command again.",
  },
  E_IMAGE_EXPORT: {
    status: 422,
    exit: 1,
    text: "The image cannot be made: {problem}.",
    hint: "Give another run image with `--run-image`, or change what the message names.",
  },
  E_IMAGE_UNKNOWN: {
    status: 404,
    exit: 1,
    text: "`{app}` has no image {digest} any more.",
    hint: "Export it again; only an app's newest image is kept.",
  },
  E_RUN_IMAGE_INVALID: {
    status: 400,
    exit: 1,
    text: "The run image cannot be used: {problem}.",
    hint: "Give an OCI image layout or what `docker save` writes, for this machine's platform.",
  },
  E_RUN_IMAGE_UNKNOWN: {
    status: 404,
    exit: 1,
    text: "The server does not have the run image {digest}.",
    hint: "Upload it first.",
  },
  E_SOURCE_UNREADABLE: {
    status: 400,
    exit: 1,
    text: "The folder {path} cannot be read: {problem}.",
    hint: "Check the path and its permissions.",
  },
  E_SOURCE_LINK: {
    status: 400,
    exit: 1,
    text: "The link {path} points to {target}, outside the app's folder.",
    hint: "Replace it by a copy, or leave it out with a .portsideignore file.",
  },
  E_SOURCE_EMPTY: {
    status: 400,
    exit: 1,
    text: "The folder {path} has no file to deploy.",
    hint: "Check the path, and what .gitignore, .slugignore and .portsideignore leave out.",
  },
  E_SOURCE_TOO_LARGE: {
    status: 413,
    exit: 1,
    text: "The source has {found}, more than {limit}.",
    hint: "Leave large folders out with a .portsideignore file.",
  },
  E_CHECK_FAILED: {
    status: 422,
    exit: 1,
    text: "The app's files have {count}.",
    hint: "Correct what is listed above, then deploy again.",
  },
  E_NOTHING_DETECTED: {
    status: 422,
    exit: 1,
    text: "No buildpack knows how to build this folder, and there is no Procfile.",
    hint: "Add a Procfile (`web: your-command`), a package.json, or a static index.html.",
  },
  E_NO_PROCESS: {
    status: 422,
    exit: 1,
    text: "Nothing says what to run: the Procfile has no entry and no buildpack named a process.",
    hint: "Add a Procfile with a line like `web: your-command`.",
  },
  E_BUILD_FAILED: {
    status: 422,
    exit: 1,
    text: "The build failed: {problem}.",
    hint: "Read the build output above; the last lines usually name the cause.",
  },
  E_BUILDPACK_INVALID: {
    status: 422,
    exit: 1,
    text: "The buildpack {reference} cannot be used: {problem}.",
    hint: "{advice}",
  },
  E_BUILDPACK_UNKNOWN: {
    status: 422,
    exit: 1,
    text: "There is no buildpack {reference} here; there are {known}.",
    hint: "{advice}",
  },
  E_BUILDPACK_FETCH: {
    status: 422,
    exit: 1,
    text: "The buildpack {reference} could not be fetched: {problem}.",
    hint: "{advice}",
  },
  E_FORMATION_UNKNOWN_TYPE: {
    status: 422,
    exit: 1,
    text: "Asked for {quantity} `{type}`, but the app has {types}.",
    hint: "Add the type to the Procfile, or correct the name.",
  },
  E_FORMATION_RANGE: {
    status: 422,
    exit: 2,
    text: "`{type}` cannot have {quantity} instances.",
    hint: "Give a whole number from 0 to {max}; `release` is never scaled.",
  },
  E_ENV_MISSING: {
    status: 422,
    exit: 1,
    text: "Required config is missing: {names}.",
    hint: "Set it with `portside config:set {example} --app {app}`, then deploy again.",
  },
  E_CONFIG_NAME: {
    status: 422,
    exit: 2,
    text: "`{name}` cannot be a config variable.",
    hint: "Names are letters, digits and `_`, not starting with a digit; PORT, DYNO, SOURCE_VERSION and PORTSIDE_* are the platform's.",
  },
  E_CONFIG_VALUE: {
    status: 422,
    exit: 2,
    text: "The value of `{name}` {problem}.",
    hint: "A value is text without NUL, at most 64 KiB, and 1 MiB for the whole app.",
  },
  E_CONFIG_UNKNOWN: {
    status: 404,
    exit: 1,
    text: "`{app}` has no config variable `{name}`.",
    hint: "List the names with `portside config`.",
  },
  E_RELEASE_UNKNOWN: {
    status: 404,
    exit: 1,
    text: "`{app}` has no release v{number}.",
    hint: "List them with `portside releases`.",
  },
  E_BUILD_UNKNOWN: {
    status: 404,
    exit: 1,
    text: "`{app}` has no build{number}.",
    hint: "List them with `portside builds`; a deploy that reuses an earlier build makes none.",
  },
  E_RELEASE_NO_PREVIOUS: {
    status: 409,
    exit: 1,
    text: "`{app}` has no earlier release to go back to.",
    hint: "List them with `portside releases`.",
  },
  E_RELEASE_ARTIFACT_GONE: {
    status: 409,
    exit: 1,
    text: "The artifact of v{number} is no longer stored.",
    hint: "Deploy that version of the source again.",
  },
  E_RELEASE_PHASE: {
    status: 422,
    exit: 1,
    text: "The release command failed: {problem}.",
    hint: "Read the output above, correct it, deploy again.",
  },
  E_HOOK_FAILED: {
    status: 422,
    exit: 1,
    text: "{hook} failed: {problem}.",
    hint: "Read its output above, correct it, deploy again.",
  },
  E_TESTS_FAILED: {
    status: 422,
    exit: 1,
    text: "The tests failed: {problem}.",
    hint: "Read their output above, correct it, deploy again; `portside tests:off` deploys without them.",
  },
  E_POSTDEPLOY: {
    status: 422,
    exit: 1,
    text: "v{number} serves, but `scripts.postdeploy` failed: {problem}.",
    hint: "Read its output above and correct it; every deploy tries it again until it has succeeded once.",
  },
  E_HOOK_LIVE: {
    status: 422,
    exit: 4,
    text: "v{number} is live, but {hook} failed: {problem}.",
    hint: "Read its output above; the release stays. Correct the hook and deploy again, or go back with `portside rollback`.",
  },
  E_HEALTH_STARTUP: { status: 422, exit: 1, text: "{instance} did not become healthy: {problem}.", hint: "{advice}" },
  E_START_FAILED: {
    status: 422,
    exit: 1,
    text: "{instance} could not be started: {problem}.",
    hint: "Check the command in the Procfile.",
  },
  E_INSTANCE_UNKNOWN: {
    status: 404,
    exit: 1,
    text: "`{app}` has no instance `{instance}`.",
    hint: "List them with `portside ps`.",
  },
  E_INSTANCE_DOWN: {
    status: 409,
    exit: 1,
    text: "`{instance}` does not run: {problem}.",
    hint: "See why with `portside logs --ps {instance}`, or wait for its next start.",
  },
  E_CHECKS_FAILED: {
    status: 422,
    exit: 1,
    text: "{failed} of {count} health checks failed.",
    hint: "See what each saw above; the app's log says more.",
  },
  E_OPERATION_UNKNOWN: { status: 404, exit: 1, text: "There is no operation {id}.", hint: "Check the number." },
  E_OPERATION_ENDED: {
    status: 409,
    exit: 1,
    text: "Operation {id} has already ended.",
    hint: "Nothing is left to cancel.",
  },
  E_SUPERSEDED: {
    status: 409,
    exit: 1,
    text: "A newer deploy of `{app}`, operation {newer}, replaced this one while it waited.",
    hint: "Follow the newer one with `portside operations:follow {newer}`.",
  },
  E_APP_FROZEN: {
    status: 423,
    exit: 1,
    text: "`{app}` is frozen {until}: {reason} (by {by}).",
    hint: "Wait, lift it with `portside unfreeze --app {app}`, or pass over it with `--override-freeze REASON`, which is recorded.",
  },
  E_CANCELLED: {
    status: 409,
    exit: 130,
    text: "The operation was cancelled; the previous state is back.",
    hint: "Run the command again when you are ready.",
  },
  E_TIME_LIMIT: {
    status: 504,
    exit: 1,
    text: "{what} took longer than {limit}.",
    hint: "Look into the app's logs for what it waits for.",
  },
  E_EDGE_UNAVAILABLE: {
    status: 503,
    exit: 1,
    text: "The router does not answer: {problem}.",
    hint: "Look into edge.log in the Portside home; it is restarted automatically.",
  },
  E_ENGINE_CLOSED: {
    status: 503,
    exit: 1,
    text: "The {engine} engine was asked to {action} after it was closed.",
    hint: "This is a defect; report it.",
  },
  E_ENGINE_UNSUPPORTED: {
    status: 422,
    exit: 1,
    text: "The {engine} engine cannot do this: {what}.",
    hint: "Use an engine that can.",
  },
  E_ENGINE_FAILED: {
    status: 500,
    exit: 1,
    text: "The {engine} engine failed to {action}: {problem}.",
    hint: "Look into server.log in the Portside home.",
  },
  E_PORT_TAKEN: {
    status: 500,
    exit: 1,
    text: "No free port was found between {first} and {last}.",
    hint: "Stop what uses them, or set PORTSIDE_PORT.",
  },
  E_FILE_UNREADABLE: { status: 400, exit: 2, text: "{place}: {problem}.", hint: "{advice}" },
  E_CLI_INTERRUPTED: { status: 499, exit: 130, text: "Interrupted.", hint: "Nothing was changed." },
  E_BROWSER: { status: 500, exit: 1, text: "No browser could be opened.", hint: "Open {url} by hand." },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** An operating error on its way to the one place that reports it. Its message and hint are ready to show. */
export class PortsideError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly evidence: readonly string[];
  /** What the text and hint were filled in with. */
  readonly values: Readonly<Record<string, string | number>>;

  constructor(
    code: ErrorCode,
    values: Readonly<Record<string, string | number>> = {},
    options: { cause?: unknown; evidence?: readonly string[]; hint?: string } = {},
  ) {
    super(fillIn(ERRORS[code].text, values), options.cause === undefined ? {} : { cause: options.cause });
    this.name = "PortsideError";
    this.code = code;
    this.values = values;
    this.hint = options.hint ?? fillIn(ERRORS[code].hint, values);
    this.evidence = options.evidence ?? [];
  }
}

function fillIn(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
