import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "smol-toml";
import { execCombined } from "../../src/lib/exec-combined.ts";
import { runLifecycle } from "../../src/build/phases/main.ts";

/** A buildpack as a third party would write it: shell programs, and its own words in `buildpack.toml`. */
export type Pack = {
  readonly version?: string;
  readonly api?: string;
  /** Shell text. Default: passes without a plan. */
  readonly detect?: string;
  /** Shell text. Default: does nothing. */
  readonly build?: string;
  /** Lines of `[buildpack]`, then whole tables. */
  readonly toml?: string;
  /** Of a composite, in the short form of `orderToml`; it has no programs then. */
  readonly order?: string;
};

/** How a phase ended, and what it printed. */
export type Ended = { readonly code: number; readonly out: string; readonly err: string };

/** A call of a phase. `env` is added to the bench's own directories, `unset` taken from them. */
export type Call = {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly unset?: readonly string[];
  readonly uid?: number;
};

const NOBODY_PROGRAM = join(import.meta.dirname, "as-nobody.ts");
const PROGRAM = join(import.meta.dirname, "../../bin/portside-lifecycle.ts");
const SPAWN_LIMIT_MS = 60_000;

/** The lane's own temporary directory is closed to others; `nobody` must get through it, but need not list it. */
function letThrough(directory: string): void {
  const { mode } = lstatSync(directory);
  if ((mode & 0o001) === 0) chmodSync(directory, (mode & 0o7777) | 0o011);
}

/** A machine laid out as CNB platforms do, below one temporary directory, to run the lifecycle's phases on. */
export class CnbBench {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "portside-cnb-")));

  constructor() {
    chmodSync(this.root, 0o755);
    if (process.getuid?.() === 0) letThrough(dirname(this.root));
    for (const name of ["app", "layers", "platform/env", "cnb/buildpacks", "cnb/build-config", "home"]) {
      mkdirSync(this.at(name), { recursive: true });
    }
    // The phases run as somebody else when these tests run as root.
    for (const name of ["app", "layers", "home"]) chmodSync(this.at(name), 0o777);
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  at(path: string): string {
    return join(this.root, path);
  }

  has(path: string): boolean {
    return existsSync(this.at(path));
  }

  text(path: string): string {
    return readFileSync(this.at(path), "utf8");
  }

  toml(path: string): Record<string, unknown> {
    return JSON.parse(JSON.stringify(parse(this.text(path)))) as Record<string, unknown>;
  }

  /** Names in a directory, sorted. */
  list(path: string): string[] {
    return readdirSync(this.at(path)).toSorted();
  }

  /** Permissions of a file. */
  mode(path: string): number {
    return lstatSync(this.at(path)).mode & 0o777;
  }

  /** `uid:gid` of a file. */
  owner(path: string): string {
    const { uid, gid } = lstatSync(this.at(path));
    return `${uid}:${gid}`;
  }

  /** What a link says. */
  link(path: string): string {
    return readlinkSync(this.at(path));
  }

  /** Paths of all files below a directory, sorted; links are not followed. */
  files(path: string): string[] {
    return readdirSync(this.at(path), { withFileTypes: true })
      .flatMap((entry) => {
        if (entry.isDirectory()) return this.files(join(path, entry.name)).map((below) => join(entry.name, below));
        return entry.isFile() ? [entry.name] : [];
      })
      .toSorted();
  }

  remove(path: string): void {
    rmSync(this.at(path), { recursive: true, force: true });
  }

  write(path: string, content: string | Uint8Array, mode = 0o644): string {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), content, { mode });
    return this.at(path);
  }

  /** Puts a buildpack at `/cnb/buildpacks/<id>/<version>`. */
  pack(id: string, pack: Pack = {}): void {
    const { version = "1.0.0", api = "0.10", toml = "", order } = pack;
    const home = `cnb/buildpacks/${id.replaceAll("/", "_")}/${version}`;
    const composite = order === undefined ? "" : orderToml(order);
    this.write(
      `${home}/buildpack.toml`,
      `api = "${api}"\n[buildpack]\nid = "${id}"\nversion = "${version}"\n${toml}\n${composite}`,
    );
    if (order !== undefined) return;
    for (const program of ["detect", "build"] as const) {
      this.write(`${home}/bin/${program}`, `#!/bin/sh\n${pack[program] ?? "exit 0"}\n`, 0o755);
    }
  }

  /** Writes `<layers>/order.toml`: `A B? | C@2.0.0` is a group of A and optionally B, then one of C. */
  order(text: string): void {
    this.write("layers/order.toml", orderToml(text));
  }

  /** Writes `group.toml` of buildpacks on the bench, and a plan. */
  group(ids: readonly string[], plan = ""): void {
    const element = (name: string): string => {
      const [id = "", version = "1.0.0"] = name.split("@");
      return `[[group]]\nid = "${id}"\nversion = "${version}"\napi = "0.10"\n`;
    };
    this.write("layers/group.toml", ids.map(element).join(""));
    this.write("layers/plan.toml", plan);
  }

  /** Runs a phase in this process, by its command line, as a user that is not root. */
  async run(phase: string, call: Call = {}): Promise<Ended> {
    const said = { out: "", err: "" };
    const host = {
      argv: ["node", "/cnb/lifecycle/portside-lifecycle", phase, ...(call.flags ?? [])],
      env: this.env(call),
      stdout: { write: (text: string) => (said.out += text) },
      stderr: { write: (text: string) => (said.err += text) },
      cwd: () => this.root,
      getuid: () => call.uid ?? 1_000,
      on: () => undefined,
      off: () => undefined,
    };
    const code = await runLifecycle(host);
    return { code, ...said };
  }

  /** Runs the program itself: as `nobody` when these tests run as root, unless `asRoot` or another `program` is asked for. */
  async spawn(
    words: readonly string[],
    call: Call & { readonly asRoot?: boolean; readonly program?: string } = {},
  ): Promise<{ code: number | null; output: string }> {
    const isPlain = call.asRoot === true || process.getuid?.() !== 0;
    const program = call.program ?? (isPlain ? PROGRAM : NOBODY_PROGRAM);
    const result = await execCombined([process.execPath, program, ...words, ...(call.flags ?? [])], {
      cwd: this.root,
      env: this.env(call),
      limitMs: SPAWN_LIMIT_MS,
      keepBytesMax: 1_000_000,
    });
    return { code: result.exitCode, output: result.output };
  }

  /** Starts the program and does not wait. `ended` gives its exit code, null after a signal. */
  start(words: readonly string[]): { kill(signal: NodeJS.Signals): void; readonly ended: Promise<number | null> } {
    const program = process.getuid?.() === 0 ? NOBODY_PROGRAM : PROGRAM;
    const child = spawn(process.execPath, [program, ...words], { cwd: this.root, env: this.env({}), stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    return { kill: (signal) => child.kill(signal), ended };
  }

  env(call: Call): Record<string, string> {
    const env: Record<string, string> = {
      PATH: "/usr/bin:/bin",
      HOME: this.at("home"),
      CNB_PLATFORM_API: "0.14",
      CNB_APP_DIR: this.at("app"),
      CNB_LAYERS_DIR: this.at("layers"),
      CNB_PLATFORM_DIR: this.at("platform"),
      CNB_BUILDPACKS_DIR: this.at("cnb/buildpacks"),
      CNB_BUILD_CONFIG_DIR: this.at("cnb/build-config"),
      ...call.env,
    };
    for (const name of call.unset ?? []) delete env[name];
    return env;
  }
}

/** `A B? | C@2.0.0` as `[[order]]` tables; without a version it is 1.0.0. */
export function orderToml(text: string): string {
  const entry = (word: string): string => {
    const optional = word.endsWith("?");
    const [id = "", version = "1.0.0"] = word.replace("?", "").split("@");
    return `[[order.group]]\nid = "${id}"\nversion = "${version}"\n${optional ? "optional = true\n" : ""}`;
  };
  return text
    .split("|")
    .map((group) => `[[order]]\n${group.split(" ").filter(Boolean).map(entry).join("")}`)
    .join("");
}

/** Shell text that writes a build plan: `+x` provides x, `-x` requires it, `|` begins an alternative. */
export function planScript(text: string): string {
  const lines = text.split("|").flatMap((way, index) => {
    const prefix = index === 0 ? "" : "or.";
    const words = way.split(" ").filter(Boolean);
    const tables = words.map(
      (word) => `[[${prefix}${word.startsWith("+") ? "provides" : "requires"}]]\nname = "${word.slice(1)}"`,
    );
    return index === 0 ? tables : ["[[or]]", ...tables];
  });
  return heredoc("$2", lines.join("\n"));
}

/** Shell text that writes a file. */
export function heredoc(path: string, content: string): string {
  return `cat >"${path}" <<'END_OF_FILE'\n${content}\nEND_OF_FILE`;
}
