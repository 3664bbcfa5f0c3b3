/** A table of a TOML file, its values unjudged. */
export type TomlTable = Readonly<Record<string, unknown>>;

/** Whether the value is a table. */
export function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
