/** One line for the server's log. Never holds a query, a body or a config value. */
export type ApiLogEntry = {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly msg: string;
  readonly [field: string]: unknown;
};

/** Where the API's log lines go; `err` may hold an error with its stack. */
export type ApiLog = (entry: ApiLogEntry) => void;
