import { PortsideError } from "../../model/error-registry.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RESERVED = new Set(["PORT", "DYNO", "SOURCE_VERSION"]);
const VALUE_BYTES_MAX = 64 * 1024;
const APP_BYTES_MAX = 1024 * 1024;

/** Whether the platform sets it itself (D20). */
export function isReserved(name: string): boolean {
  return RESERVED.has(name) || name.startsWith("PORTSIDE_");
}

/** Throws E_CONFIG_NAME or E_CONFIG_VALUE when a variable cannot be stored. Contract §4. Never names a value. */
export function checkConfigVar(name: string, value: string | null): void {
  if (!NAME.test(name) || isReserved(name)) throw new PortsideError("E_CONFIG_NAME", { name: name.slice(0, 80) });
  if (value === null) return;
  if (value.includes("\0")) throw new PortsideError("E_CONFIG_VALUE", { name, problem: "holds a NUL character" });
  const bytes = Buffer.byteLength(value);
  if (bytes > VALUE_BYTES_MAX)
    throw new PortsideError("E_CONFIG_VALUE", { name, problem: `has ${bytes} bytes, more than 64 KiB` });
}

/** Throws E_CONFIG_VALUE when all values together are more than 1 MiB. */
export function checkConfigSize(values: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(values)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (bytes > APP_BYTES_MAX)
      throw new PortsideError("E_CONFIG_VALUE", { name, problem: "makes the app's config larger than 1 MiB" });
  }
}
