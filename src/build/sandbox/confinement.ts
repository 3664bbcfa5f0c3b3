import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Cgroups } from "../../lib/cgroup.ts";
import { Sandbox, type SandboxOptions } from "../../lib/sandbox/sandbox.ts";
import { randomHex, systemRandom } from "../../lib/random.ts";
import { buildOwner } from "./build-owner.ts";
import { defaultBuildLimits, type BuildLimits } from "./build-limits.ts";
import { ConfinedRoom, type BuildRoom } from "./build-room.ts";

const TEMPORARY_BYTES_MAX = 536_870_912;
/** A build's processes count half against those of apps where both want the same processor. */
const CPU_SHARE = 0.5;

/** One installation's way of holding builds. */
export type ConfinementOptions = {
  /** The Portside home: hidden from builds but for their own directory. */
  readonly home: string;
  readonly limits?: BuildLimits;
  /** `none`: plain child processes, as where the machine offers nothing else. */
  readonly isolation?: "auto" | "none";
};

/** A build that wants a room. */
export type RoomRequest = {
  readonly app: string;
  /** Everything the build may write lies below it. It exists. */
  readonly directory: string;
  /** Programs and settings it needs, wherever they lie. */
  readonly readable: readonly string[];
  /** Told when builds are held less tightly here than they should be, and why. */
  readonly onNote: (note: string) => void;
};

/**
 * Makes the rooms that builds run in, as tight as this machine allows: as root a user of the app's own, namespaces and control
 * groups; without root, user namespaces; else plain child processes that are found again by a mark. security.md rule 14, §4.
 */
export class BuildConfinement {
  readonly limits: BuildLimits;
  readonly #options: ConfinementOptions;
  #cgroups: Promise<Cgroups | undefined> | undefined;

  constructor(options: ConfinementOptions) {
    this.#options = options;
    this.limits = options.limits ?? defaultBuildLimits();
  }

  /** Never fails for want of isolation: it says so and takes what there is. Close the room. */
  async open(request: RoomRequest): Promise<BuildRoom> {
    const { limits } = this;
    const mark = randomHex(systemRandom, 8);
    const parts = { directory: request.directory, limits, mark };
    if (this.#options.isolation === "none" || process.platform !== "linux")
      return new ConfinedRoom({ ...parts, owner: undefined, sandbox: undefined, cgroup: undefined });
    const cgroup = (await this.#openCgroups())?.create(`build-${mark}`, {
      memoryBytesMax: limits.memoryBytesMax,
      cpuCoresMax: limits.cpuCoresMax,
      cpuShare: CPU_SHARE,
      processesMax: limits.processCountMax,
    });
    const owner = process.getuid?.() === 0 ? buildOwner(this.#options.home, request.app) : undefined;
    try {
      const sandbox = await Sandbox.open({
        ...this.#sandboxOptions(request),
        user: owner ?? "own",
        ...(cgroup === undefined ? {} : { cgroup }),
      });
      return new ConfinedRoom({ ...parts, owner, sandbox, cgroup });
    } catch (error) {
      await cgroup?.remove();
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      request.onNote(`This machine gives builds no room of their own (${reason}): they run with Portside's rights.`);
      return new ConfinedRoom({ ...parts, owner: undefined, sandbox: undefined, cgroup: undefined });
    }
  }

  #openCgroups(): Promise<Cgroups | undefined> {
    const { uid } = buildOwner(this.#options.home, "");
    this.#cgroups ??= Cgroups.open(`portside-builds-${uid}`);
    return this.#cgroups;
  }

  #sandboxOptions({
    directory,
    readable,
  }: RoomRequest): Pick<SandboxOptions, "view" | "fileBytesMax" | "processesMax"> {
    return {
      view: {
        writable: [realpathSync(directory)],
        readable: readable.filter((path) => existsSync(path)).flatMap(withTarget),
        hidden: [realpathSync(this.#options.home), homedir()].filter((path) => path !== "/"),
        temporaryBytesMax: TEMPORARY_BYTES_MAX,
      },
      fileBytesMax: this.limits.diskBytesMax,
      processesMax: this.limits.processCountMax,
    };
  }
}

/** A program's directory is of no use without what its links lead to: for `bin/node` the whole of that Node. */
function withTarget(path: string): string[] {
  const real = realpathSync(path);
  const node = join(real, "node");
  const prefix = existsSync(node) ? [dirname(dirname(realpathSync(node)))] : [];
  return [...new Set([real, ...prefix])].filter((one) => one !== "/" && one !== "/usr");
}
