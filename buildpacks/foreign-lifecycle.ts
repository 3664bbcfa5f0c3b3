import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What a program of a buildpack left behind; `launch` is launch.toml, `plan` what detect wrote. */
export type Run = {
  readonly code: number | null;
  readonly output: string;
  readonly plan: string;
  readonly launch: string;
};

/**
 * Runs a buildpack's programs as any CNB lifecycle does: a directory for the app, one for its layers, a platform directory,
 * plan files, a clean environment. For the tests of buildpacks, which know nothing of Portside.
 */
export class ForeignLifecycle {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "buildpack-")));
  readonly app = join(this.root, "app");
  readonly layers = join(this.root, "layers");
  readonly platform = join(this.root, "platform");
  readonly #buildpack: string;

  constructor(buildpack: string) {
    this.#buildpack = buildpack;
    for (const directory of [this.app, this.layers, join(this.platform, "env"), join(this.root, "home")])
      mkdirSync(directory, { recursive: true });
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Writes files below the root: `app/x`, `platform/bindings/y/type`. */
  write(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeFileSync(join(this.root, path), content);
    }
  }

  /** The text of a file below the root; undefined when there is none. */
  read(path: string): string | undefined {
    const file = join(this.root, path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  detect(env: Readonly<Record<string, string>> = {}): Run {
    const plan = join(this.root, "detect-plan.toml");
    writeFileSync(plan, "");
    return this.#run("detect", [this.platform, plan], {
      CNB_BUILD_PLAN_PATH: plan,
      CNB_PLATFORM_DIR: this.platform,
      ...env,
    });
  }

  /** `plan` is the buildpack's plan: entries with name and metadata. */
  build(plan = "", env: Readonly<Record<string, string>> = {}): Run {
    const file = join(this.root, "build-plan.toml");
    writeFileSync(file, plan);
    const own = { CNB_LAYERS_DIR: this.layers, CNB_PLATFORM_DIR: this.platform, CNB_BP_PLAN_PATH: file };
    return this.#run("build", [this.layers, this.platform, file], { ...own, ...env });
  }

  /** Leaves metadata and contents of a layer as a lifecycle restores them: without types. */
  restore(layer: string): void {
    const document = join(this.layers, `${layer}.toml`);
    writeFileSync(document, readFileSync(document, "utf8").replace(/\[types\][^[]*/, ""));
  }

  #run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Run {
    const { status, stdout, stderr } = spawnSync(join(this.#buildpack, "bin", program), args, {
      cwd: this.app,
      encoding: "utf8",
      env: {
        PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
        HOME: join(this.root, "home"),
        CNB_BUILDPACK_DIR: this.#buildpack,
        ...env,
      },
    });
    const text = (path: string): string => this.read(path) ?? "";
    return {
      code: status,
      output: stdout + stderr,
      plan: text("detect-plan.toml"),
      launch: text("layers/launch.toml"),
    };
  }
}
