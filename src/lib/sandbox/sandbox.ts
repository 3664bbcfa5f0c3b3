import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Cgroup } from "../cgroup.ts";
import { readTextIfExists } from "../files.ts";
import { planView, type View } from "./view-plan.ts";

const HOLDER = fileURLToPath(new URL("holder.sh", import.meta.url));
const ENTER = fileURLToPath(new URL("enter.sh", import.meta.url));

/** What our own helper programs run with: never a stranger's variables, which could make the loader run their code as root. */
const HELPER_ENV: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
};
const READY_LIMIT_MS = 10_000;
const FILE_BLOCK_BYTES = 512;
const MESSAGE_CHARS_MAX = 2_000;

/** Who the programs of a sandbox run as. `own`: as we do, in a user namespace. */
export type SandboxUser = { readonly uid: number; readonly gid: number } | "own";

/** What a sandbox is made of. */
export type SandboxOptions = {
  readonly user: SandboxUser;
  readonly view: View;
  /** Every program joins it. */
  readonly cgroup?: Cgroup;
  /** No file a program writes grows beyond this. */
  readonly fileBytesMax?: number;
  /** Processes and threads that each program may have at a time, where no control group holds them. */
  readonly processesMax?: number;
};

/** What to start instead of a program so that it runs inside; the environment travels as variables of ours, in no argument. */
export type SandboxedCommand = { readonly argv: readonly [string, ...string[]]; readonly env: Record<string, string> };

/**
 * Namespaces of their own (mount, pid, ipc; user where we are not root) for some programs: they see no process but their own,
 * write nowhere but where the view says, gain no privilege, and all end with the sandbox, whatever session they moved to.
 * It also ends when we do. Linux with util-linux; one start costs a shell, `nsenter`, `setpriv` and `env`.
 */
export class Sandbox {
  readonly #holder: ChildProcess;
  readonly #init: number;
  readonly #options: SandboxOptions;
  readonly #ended: Promise<void>;

  private constructor(holder: ChildProcess, init: number, options: SandboxOptions) {
    this.#holder = holder;
    this.#init = init;
    this.#options = options;
    this.#ended = new Promise((resolve) => holder.once("exit", () => resolve()));
  }

  /** Rejects with what the machine said when it cannot be made. */
  static async open(options: SandboxOptions): Promise<Sandbox> {
    const operations = planView(options.view, {
      mountInfo: readFileSync("/proc/self/mountinfo", "utf8"),
      exists: existsSync,
      isDirectory: (path) => statSync(path).isDirectory(),
      isOpen: (directory) => options.user === "own" || (statSync(directory).mode & 0o001) !== 0,
    });
    const user = options.user === "own" ? ["--user", "--map-root-user"] : [];
    const namespaces = ["--mount", "--propagation", "private", "--pid", "--ipc", "--fork", "--kill-child"];
    const holder = spawn("unshare", [...user, ...namespaces, "--", "/bin/sh", HOLDER, ...operations.flat()], {
      cwd: "/",
      env: HELPER_ENV,
      // Ctrl-C on our terminal is not for it.
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    holder.stdin?.on("error", () => {
      // It has ended already.
    });
    try {
      await untilReady(holder);
      const init = Number(readTextIfExists(`/proc/${holder.pid}/task/${holder.pid}/children`)?.trim().split(" ")[0]);
      if (!Number.isInteger(init) || init <= 1) throw new Error("its first process cannot be found");
      return new Sandbox(holder, init, options);
    } catch (error) {
      holder.kill("SIGKILL");
      throw error;
    }
  }

  /** Number of the namespaces' first process; when it ends all others are killed by the kernel. */
  get init(): number {
    return this.#init;
  }

  /** How to start a program inside: in that directory, with that environment alone. */
  command(
    argv: readonly string[],
    run: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  ): SandboxedCommand {
    const { user, cgroup, fileBytesMax, processesMax } = this.#options;
    const entries = Object.entries(run.env).map(([name, value]) => `${name}=${value}`);
    const env = Object.fromEntries(entries.map((entry, index) => [`SANDBOX_E${index}`, entry]));
    const template = entries.map((_, index) => `"\${SANDBOX_E${index}}"`).join(" ");
    const blocks = fileBytesMax === undefined ? "unlimited" : String(Math.ceil(fileBytesMax / FILE_BLOCK_BYTES));
    const namespace = (kind: string): string => `/proc/${this.#init}/ns/${kind}`;
    const enter = ["mnt", "pid", "ipc"].map((kind) => `--${kind === "mnt" ? "mount" : kind}=${namespace(kind)}`);
    const enterUser = user === "own" ? [`--user=${namespace("user")}`, "--preserve-credentials"] : [];
    return {
      argv: [
        "/bin/sh",
        ...[ENTER, blocks, ...(cgroup?.joinFiles ?? []), "--"],
        ...[
          "nsenter",
          ...enterUser,
          ...enter,
          "--",
          ...planDrop(user, cgroup === undefined ? processesMax : undefined),
          "--",
        ],
        ...["env", "-i", "-C", run.cwd, "-S", `-- ${template}`, ...argv],
      ],
      env: { ...HELPER_ENV, ...env },
    };
  }

  /** Kills everything inside, and resolves when the kernel has ended all of it. Safe to call twice. */
  async close(): Promise<void> {
    this.#holder.stdin?.destroy();
    try {
      // The holder still waits for it, so the number is no other process's yet.
      if (this.#holder.exitCode === null && this.#holder.signalCode === null) process.kill(this.#init, "SIGKILL");
    } catch {
      // It is gone, and everything with it.
    }
    await this.#ended;
  }
}

/**
 * As whom, and without any way to gain a privilege. The limit counts the processes of a user: of one that has no others, or in a user
 * namespace made for this program alone, so never those that the machine's own users have.
 */
function planDrop(user: SandboxUser, processesMax: number | undefined): string[] {
  const count = processesMax === undefined ? [] : ["prlimit", `--nproc=${processesMax}`, "--"];
  const noMore = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"];
  if (user !== "own")
    return [...count, "setpriv", "--reuid", String(user.uid), "--regid", String(user.gid), "--clear-groups", ...noMore];
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return ["unshare", "--user", `--map-user=${uid}`, `--map-group=${gid}`, "--", ...count, "setpriv", ...noMore];
}

function untilReady(holder: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error("it was not ready in time")), READY_LIMIT_MS);
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      end();
    };
    holder.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-MESSAGE_CHARS_MAX);
    });
    holder.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.includes("ready")) settle(resolve);
    });
    holder.on("error", (error) => settle(() => reject(error)));
    holder.on("exit", (code) => settle(() => reject(new Error(said.trim() || `its holder ended with ${code}`))));
  });
}
