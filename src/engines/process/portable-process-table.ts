import { exec } from "../../lib/exec.ts";
import type { InstanceProcess, Listener, Usage } from "../engine.ts";
import type { ProcessMark } from "./instance-directory.ts";
import type { Execution, Member, ProcessTable } from "./process-table.ts";
import { SHIM_ENV } from "./shim.ts";

type Row = { readonly pid: number; readonly group: number; readonly start: string };

/**
 * Asks `ps`, for systems without `/proc` (macOS). Knows process groups but no sessions, start times to the second,
 * no sockets and no environments.
 */
export class PortableProcessTable implements ProcessTable {
  async startOf(pid: number): Promise<string | undefined> {
    return (await this.#rows()).find((row) => row.pid === pid)?.start;
  }

  async members(program: ProcessMark): Promise<readonly Member[]> {
    const rows = await this.#rows();
    const leader = rows.find((row) => row.pid === program.pid);
    if (leader !== undefined && leader.start !== program.start) return [];
    return rows.filter((row) => row.group === program.pid).map(({ pid, group }) => ({ pid, group }));
  }

  listeners(): Promise<readonly Listener[] | undefined> {
    return Promise.resolve(undefined);
  }

  usage(): Promise<readonly Usage[] | undefined> {
    return Promise.resolve(undefined);
  }

  describe(): Promise<readonly InstanceProcess[]> {
    return Promise.resolve([]);
  }

  execution(): Promise<Execution | undefined> {
    return Promise.resolve(undefined);
  }

  async #rows(): Promise<readonly Row[]> {
    const argv = ["ps", "-A", "-o", "pid=,pgid=,stat=,lstart="] as const;
    const { stdout, stderr, exitCode } = await exec(argv, {
      cwd: "/",
      env: SHIM_ENV,
      limitMs: 10_000,
      keepBytesMax: 16_777_216,
    });
    if (exitCode !== 0) throw new Error(`ps cannot list the processes: ${stderr.trim()}`);
    return parseProcessList(stdout);
  }
}

/** Rows of `pid pgid stat lstart`; zombies are left out. */
export function parseProcessList(text: string): readonly Row[] {
  return text.split("\n").flatMap((line) => {
    const [pid, group, state, ...start] = line.trim().split(/\s+/);
    if (state === undefined || state.startsWith("Z")) return [];
    return [{ pid: Number(pid), group: Number(group), start: start.join(" ") }];
  });
}
