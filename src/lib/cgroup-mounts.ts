/** Where a control group of ours can be made for one controller: an existing directory of a mounted hierarchy. */
export type CgroupPlaces = {
  readonly version: 1 | 2;
  /** v1: the directory of each controller that is mounted. v2: the one directory, under `unified`. */
  readonly directories: Readonly<Partial<Record<CgroupController | "unified", string>>>;
};

/** The controllers that are used. `cpuacct` only counts, and is a hierarchy of its own in v1 alone. */
export type CgroupController = "memory" | "cpu" | "cpuacct" | "pids";

const CONTROLLERS: readonly CgroupController[] = ["memory", "cpu", "cpuacct", "pids"];

type Mount = {
  readonly point: string;
  readonly root: string;
  readonly type: string;
  readonly options: readonly string[];
};

/**
 * Reads where this process may make control groups, from the texts of `/proc/self/mountinfo`, `/proc/self/cgroup` and the
 * root's `cgroup.controllers` (empty when there is none). v2 where it carries memory and pids; else v1, below our own group,
 * with `unified` when a v2 tree without controllers is mounted beside it (it can still kill). Pure. man 7 cgroups.
 */
export function cgroupPlaces(texts: {
  readonly mountInfo: string;
  readonly ownGroups: string;
  readonly controllersOf: (unifiedRoot: string) => string;
}): CgroupPlaces {
  const mounts = texts.mountInfo.split("\n").flatMap(parseMount);
  const unified = mounts.find(({ type }) => type === "cgroup2")?.point;
  const offered = unified === undefined ? [] : texts.controllersOf(unified).trim().split(/\s+/);
  if (unified !== undefined && offered.includes("memory") && offered.includes("pids")) {
    return { version: 2, directories: { unified } };
  }
  const own = ownGroups(texts.ownGroups);
  const found = CONTROLLERS.flatMap((controller) => {
    const mount = mounts.find(({ type, options }) => type === "cgroup" && options.includes(controller));
    return mount === undefined ? [] : [[controller, below(mount, own.get(controller) ?? "/")]];
  });
  return { version: 1, directories: { ...Object.fromEntries(found), ...(unified === undefined ? {} : { unified }) } };
}

/** A line of mountinfo: id, parent, device, root, mount point, options, optional fields, `-`, type, source, super options. */
function parseMount(line: string): Mount[] {
  const [left = "", right = ""] = line.split(" - ");
  const [, , , root = "/", point = ""] = left.split(" ");
  const [type = "", , options = ""] = right.split(" ");
  return type === "cgroup" || type === "cgroup2" ? [{ point, root, type, options: options.split(",") }] : [];
}

function ownGroups(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const [, controllers = "", path = "/"] = line.split(":");
      return controllers.split(",").map((controller): [string, string] => [controller, path]);
    }),
  );
}

/** Our own group as a directory; a container that mounts only its own part names it by the host's path. */
function below({ point, root }: Mount, path: string): string {
  const inner = root !== "/" && (path === root || path.startsWith(`${root}/`)) ? path.slice(root.length) : path;
  return inner === "/" || inner === "" ? point : `${point}${inner}`;
}
