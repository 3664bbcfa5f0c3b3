/** An app's name: `^[a-z][a-z0-9-]{0,38}$`. The brand says that it was checked. */
export type AppName = string & { readonly __brand: "AppName" };

/**
 * An app. Written by control when it is first deployed. Read by API, CLI, engines (the name).
 * Stored in SQLite, table `apps`.
 */
export type App = {
  readonly name: AppName;
  /** The directory it was first deployed from, so that another folder of the same name does not replace it unasked. */
  readonly origin: string;
  readonly createdAt: number;
  /** Number of the release that serves; absent before the first success. */
  readonly currentRelease?: number;
};

const PATH_CHARACTERS_MAX = 1_024;

/**
 * The app's directory in its source: `services/api`, without `./` and `/` at the ends; `.` gives the empty text, which is
 * the source's root. `undefined` for what could mean another place. Contract §1.
 */
export function parseAppPath(raw: string): string | undefined {
  const path = raw.replace(/^(?:\.\/)+/, "").replace(/\/+$/, "");
  if (path === "" || path === ".") return raw.startsWith("/") ? undefined : "";
  // oxlint-disable-next-line no-control-regex -- no path of a source has them
  if (path.length > PATH_CHARACTERS_MAX || /[\u0000-\u001f\u007f\\]/.test(path)) return undefined;
  const isPlain = path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  return isPlain ? path : undefined;
}

const NAME = /^[a-z][a-z0-9-]{0,38}$/;

/** The checked name, or `undefined` when the text is none. security.md rule 4. */
export function parseAppName(raw: string): AppName | undefined {
  return NAME.test(raw) ? (raw as AppName) : undefined;
}

/** The nearest valid name to a folder's or package's name; `undefined` when nothing is left of it. */
export function appNameFrom(rawText: string): AppName | undefined {
  const name = rawText
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "")
    .slice(0, 39)
    .replace(/-+$/, "");
  return parseAppName(name);
}
