/** What one instance may use at most. An absent field is no limit. Contract §5. */
export type Resources = {
  /** Cores. */
  readonly cpu?: number;
  readonly memoryBytes?: number;
};

const MIB = 1024 * 1024;

/** Heroku's size names, as far as they mean a memory limit; names count in any case. Decision 0031. */
const SIZES: Readonly<Record<string, Resources>> = {
  eco: { memoryBytes: 512 * MIB },
  basic: { memoryBytes: 512 * MIB },
  "standard-1x": { memoryBytes: 512 * MIB },
  "standard-2x": { memoryBytes: 1024 * MIB },
  "performance-m": { cpu: 2, memoryBytes: 2560 * MIB },
  "performance-l": { cpu: 8, memoryBytes: 14_336 * MIB },
};

const UNITS: Readonly<Record<string, number>> = {
  K: 1_000,
  M: 1_000_000,
  G: 1_000_000_000,
  Ki: 1024,
  Mi: MIB,
  Gi: 1024 * MIB,
};

/** The limits of a size name; `undefined` when nobody knows it. */
export function resourcesOfSize(size: string): Resources | undefined {
  const name = size.toLowerCase();
  return Object.hasOwn(SIZES, name) ? SIZES[name] : undefined;
}

/** Bytes of `512M`, `1Gi` (D25); `undefined` when it is no such text. */
export function memoryBytesOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(K|M|G|Ki|Mi|Gi)$/.exec(text);
  return match === null ? undefined : Math.round(Number(match[1]) * (UNITS[match[2] ?? ""] ?? 0));
}

/** Limits of one process type of app.json: `resources` says more than `size`, field by field. */
export function declaredResources(declaration: {
  readonly size?: string;
  readonly resources?: { readonly cpu?: number; readonly memory?: string };
}): Resources {
  const { size, resources = {} } = declaration;
  const memoryBytes = resources.memory === undefined ? undefined : memoryBytesOf(resources.memory);
  return {
    ...(size === undefined ? {} : resourcesOfSize(size)),
    ...(resources.cpu === undefined ? {} : { cpu: resources.cpu }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}

/** `512 MiB`, `0.5 cpu, 1 GiB`; empty without limits. */
export function formatResources(resources: Resources): string {
  const { cpu, memoryBytes } = resources;
  const memory = memoryBytes === undefined ? "" : formatBytes(memoryBytes);
  return [cpu === undefined ? "" : `${cpu} cpu`, memory].filter(Boolean).join(", ");
}

function formatBytes(bytes: number): string {
  const mib = bytes / MIB;
  return mib >= 1024 ? `${Number((mib / 1024).toFixed(2))} GiB` : `${Number(mib.toFixed(1))} MiB`;
}
