import type { Listener } from "../../engines/engine.ts";

/** `0.0.0.0:5000`, `[::]:5000`. */
export function formatListener({ address, port }: Listener): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
