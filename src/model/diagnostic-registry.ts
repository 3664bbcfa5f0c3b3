/** `error` stops the operation before the build, `warning` never does, `info` is good to know. */
export type Severity = "error" | "warning" | "info";

/** Every code a parser of the contract can report, with its severity and what it is about. Codes are never reused or renamed. */
export const DIAGNOSTICS = {
  PROC_INVALID_LINE: { severity: "error", about: "The line is not `name: command`, or holds a carriage return or NUL." },
  PROC_MERGE_CONFLICT: { severity: "error", about: "A merge-conflict marker was left in the file." },
  PROC_MISSING_COLON: { severity: "error", about: "The line has a name but no colon." },
  PROC_INVALID_NAME: { severity: "error", about: "The process name is empty or has a character that is not allowed there." },
  PROC_NAME_TOO_LONG: { severity: "error", about: "The process name has more than 63 characters." },
  PROC_DUPLICATE: { severity: "error", about: "The same name stands on an earlier line." },
  PROC_COLLIDING_NAMES: { severity: "error", about: "The name differs from an earlier one only in case and `_`/`-`." },
  PROC_EMPTY_COMMAND: { severity: "error", about: "Nothing, or only a comment, follows the colon." },
  PROC_CONTINUATION: { severity: "error", about: "The command ends in a backslash; lines do not continue." },
  PROC_BOM: { severity: "warning", about: "The file starts with a byte-order mark, which is dropped." },
  PROC_SLASH_COMMENT: { severity: "warning", about: "A `//` comment, which other platforms do not know." },
  PROC_EMPTY: { severity: "warning", about: "The file has no entry." },
  APP_SYNTAX: { severity: "error", about: "The file is not JSON, even with comments and trailing commas allowed." },
  APP_TYPE: { severity: "error", about: "A value has the wrong type or is outside its range." },
  APP_UNKNOWN_KEY: { severity: "warning", about: "The contract does not name this key." },
  APP_DUPLICATE_KEY: { severity: "warning", about: "The key stands there twice; the last one counts." },
  APP_COMMENT: { severity: "warning", about: "The file has a comment, which strict JSON does not allow." },
  APP_TRAILING_COMMA: { severity: "warning", about: "The file has a trailing comma, which strict JSON does not allow." },
  APP_ENV_NAME: { severity: "error", about: "The name cannot be a config variable." },
  APP_ENV_RESERVED: { severity: "error", about: "The name is reserved for the platform." },
  APP_ENV_GENERATOR: { severity: "error", about: "A generator other than `secret`." },
  APP_CRON_MISSING: { severity: "error", about: "`command` or `schedule` is absent or blank." },
  APP_CRON_SCHEDULE: { severity: "error", about: "The schedule is not valid." },
  APP_CRON_POLICY: { severity: "error", about: "The concurrency policy is not `allow`, `forbid` or `replace`." },
  APP_CRON_TIMEZONE: { severity: "error", about: "There is no time zone of that name." },
  APP_CHECK_KIND: { severity: "error", about: "A check needs exactly one of `path`, `command`, `listening`, `uptime`." },
  APP_CHECK_TYPE_MISSING: { severity: "warning", about: "The check has no `type`; it is taken as `startup`." },
  APP_FORMATION_UNKNOWN_TYPE: { severity: "error", about: "A quantity for a process type that the Procfile lacks." },
  APP_FORMATION_RANGE: { severity: "error", about: "A number of the formation is outside its range." },
  APP_BUILDPACK: { severity: "error", about: "Not a buildpack reference." },
  APP_SCRIPT: { severity: "error", about: "The script has no command." },
} as const satisfies Record<string, { severity: Severity; about: string }>;

export type DiagnosticCode = keyof typeof DIAGNOSTICS;
