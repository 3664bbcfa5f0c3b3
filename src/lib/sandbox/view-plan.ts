import { dirname } from "node:path";

/** One thing the holder does to the file system it sees, as its arguments. */
export type ViewOperation =
  | readonly ["tmpfs", options: string, directory: string]
  | readonly ["bind", from: string, to: string]
  | readonly ["remount" | "protect", options: string, directory: string]
  | readonly ["directory", path: string]
  | readonly ["file", path: string];

/** What programs of a sandbox see of the machine's files. All paths absolute and without links. */
export type View = {
  /** Directories they may write in; what is above stays as hidden as it is. */
  readonly writable: readonly string[];
  /** Files and directories they need to read although they lie below something hidden or closed. */
  readonly readable: readonly string[];
  /** Directories that appear empty. */
  readonly hidden: readonly string[];
  /** Bytes that fit into their own `/tmp`, `/var/tmp` and `/dev/shm`, each. */
  readonly temporaryBytesMax: number;
};

/** What the plan has to know about the machine. */
export type ViewMachine = {
  readonly mountInfo: string;
  readonly exists: (path: string) => boolean;
  readonly isDirectory: (path: string) => boolean;
  /** Whether everybody may walk through that directory. */
  readonly isOpen: (directory: string) => boolean;
};

const TEMPORARY = ["/tmp", "/var/tmp", "/dev/shm"];
/** Where originals are kept in reach while what is above them gets covered; covered itself at the end. */
const STASHES = ["/dev/shm", "/mnt", "/media", "/srv"];
/** Mounts whose content is the kernel's, or that must stay writable to be of use. */
const KERNEL_TYPES = new Set(
  "proc sysfs devtmpfs devpts mqueue cgroup cgroup2 tracefs debugfs securityfs bpf pstore configfs fusectl nsfs binfmt_misc".split(
    " ",
  ),
);

/**
 * The operations that give a process of new namespaces this view: everything read-only and without set-uid bits, hidden and
 * temporary directories empty, the named paths back in place. Pure. Throws when the machine has no place for the stash.
 */
export function planView(view: View, machine: ViewMachine): readonly ViewOperation[] {
  const wanted = [
    ...view.writable.map((path) => ({ path, isWritable: true })),
    ...view.readable.filter(machine.exists).map((path) => ({ path, isWritable: false })),
  ].toSorted((a, b) => a.path.length - b.path.length);
  const closed = wanted.flatMap(({ path }) => firstClosedAbove(path, machine.isOpen) ?? []);
  const covers = outermost([...view.hidden, ...TEMPORARY, ...closed].filter(machine.exists));
  const stash = STASHES.find((path) => machine.exists(path) && !wanted.some((one) => isWithin(one.path, path)));
  if (stash === undefined) throw new Error(`none of ${STASHES.join(", ")} can be used`);
  const placed = wanted
    .filter(({ path, isWritable }) => isWritable || covers.some((cover) => isWithin(path, cover)))
    .map((one, index) => ({ ...one, stashed: `${stash}/${index}`, isDirectory: machine.isDirectory(one.path) }));
  const size = `nosuid,nodev,size=${view.temporaryBytesMax}`;
  return [
    ["tmpfs", "mode=0755,nosuid,nodev,size=1m", stash],
    ...placed.flatMap(({ path, stashed, isDirectory }): ViewOperation[] => [
      [isDirectory ? "directory" : "file", stashed],
      ["bind", path, stashed],
    ]),
    ...covers
      .filter((cover) => cover !== stash)
      .map((cover): ViewOperation => [
        "tmpfs",
        TEMPORARY.includes(cover) ? `mode=1777,${size}` : "mode=0755,nosuid,nodev,size=1m",
        cover,
      ]),
    ...placed.flatMap(({ path, stashed, isWritable, isDirectory }): ViewOperation[] => [
      ...(covers.some((cover) => isWithin(path, cover)) ? [[isDirectory ? "directory" : "file", path] as const] : []),
      ["bind", stashed, path],
      ["remount", isWritable ? "rw,nosuid,nodev" : "ro,nosuid,nodev", path],
    ]),
    ...remounts(machine.mountInfo, covers),
    ["tmpfs", TEMPORARY.includes(stash) ? `mode=1777,${size}` : "mode=0755,nosuid,nodev,size=1m", stash],
  ];
}

/** The nearest directory to the root on the way to `path` that is not open to everybody. */
function firstClosedAbove(path: string, isOpen: (directory: string) => boolean): string | undefined {
  const above: string[] = [];
  for (let directory = dirname(path); directory !== "/"; directory = dirname(directory)) above.push(directory);
  return above.toReversed().find((directory) => !isOpen(directory));
}

function outermost(paths: readonly string[]): string[] {
  const unique = [...new Set(paths)];
  return unique.filter((path) => !unique.some((other) => other !== path && isWithin(path, other)));
}

/** Every mount of files becomes read-only and loses set-uid bits; options a mount has already must be named again. */
function remounts(mountInfo: string, covers: readonly string[]): ViewOperation[] {
  const mounts = mountInfo.split("\n").flatMap((line) => {
    const [left = "", right = ""] = line.split(" - ");
    const [, , , , rawPoint = "", options = ""] = left.split(" ");
    const point = rawPoint.replaceAll(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const type = right.split(" ")[0] ?? "";
    return point === "" ||
      KERNEL_TYPES.has(type) ||
      covers.some((cover) => isWithin(point, cover)) ||
      point.startsWith("/sys/")
      ? []
      : [{ point, options: options.split(",") }];
  });
  // Of several mounts on one point only the last can be reached.
  const reachable = new Map(mounts.map((mount) => [mount.point, mount]));
  return [...reachable.values()].map(({ point, options }) => {
    const kept = options.filter((option) => ["nodev", "noexec", "noatime", "nodiratime", "relatime"].includes(option));
    return ["protect", ["ro", "nosuid", ...kept].join(","), point];
  });
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
