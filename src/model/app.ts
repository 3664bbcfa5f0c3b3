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
