import { delimiter } from "node:path";
import { diagnose } from "./diagnose.mjs";
import { npm } from "./npm.mjs";
import { pnpm } from "./pnpm.mjs";
import { run } from "./programs.mjs";
import { yarnOf } from "./yarn.mjs";

/** The app's package manager, ready to use: each method runs one of its commands and throws a Failure that says why it failed. */
export class Manager {
  #tool;
  #commands;
  #env;
  #redact;
  #project;

  /** `tool` is what `provideManager` gives; `env` the environment of all programs; `lock` `frozen`, `loose` or `none`. */
  constructor({ tool, project, layers, env, redact, lock }) {
    this.#tool = tool;
    this.#project = project;
    this.#redact = redact;
    this.#commands = tool.name === "npm" ? npm : tool.name === "pnpm" ? pnpm : yarnOf(tool.version, project, env);
    const path = tool.directory === undefined ? env.PATH : `${tool.directory}${delimiter}${env.PATH}`;
    this.#env = () => this.#commands.environment({ ...env, PATH: path }, layers.make(this.cacheLayer));
    this.lock = lock;
  }

  get name() {
    return this.#tool.name;
  }

  get version() {
    return this.#tool.version;
  }

  /** The layer that keeps downloaded packages for the next build. */
  get cacheLayer() {
    return this.#commands.cache;
  }

  get installsInPlace() {
    return this.#commands.installsInPlace === true;
  }

  /** The words that start the app's `start` script. */
  get startCommand() {
    return this.#commands.start;
  }

  /** The words that run a program of the app, where its packages lie in no node_modules too. */
  wrap(command) {
    return this.#commands.exec(command);
  }

  /** Installs all dependencies, or those for production alone. */
  async install({ isProduction }) {
    const omits = isProduction && this.#commands.omitsAtInstall;
    const args = this.#commands.install({ lock: this.lock, isProduction: omits });
    const shown = [this.name, ...args.filter((arg) => arg === args[0] || /frozen|immutable$/.test(arg))].join(" ");
    console.log(`Installing node_modules (${shown})`);
    await this.#run(args, { step: "install", shown });
    if (isProduction && !omits && this.#project.hasDevelopmentDependencies) await this.prune();
  }

  /** Takes the development dependencies out of node_modules. */
  async prune() {
    const args = this.#commands.prune({ lock: this.lock, hasWorkspaces: this.#project.hasWorkspaces });
    if (args === undefined) {
      console.log(`Keeping development dependencies: ${this.name} ${this.version} cannot remove them.`);
      return;
    }
    console.log("Removing development dependencies");
    await this.#run(args, { step: "prune", shown: `${this.name} ${args[0]}` });
  }

  async runScript(name) {
    console.log(`Running the script ${name}`);
    await this.#run(this.#commands.script(name), { step: "script", shown: `the script \`${name}\``, script: name });
  }

  /** Scripts run in the app, all else where the lock file is. */
  async #run(args, { step, shown, script }) {
    const startedAt = performance.now();
    const env = this.#env();
    const cwd = step === "script" ? "." : this.#project.root;
    const options = { env, cwd, redact: this.#redact, ...this.#commands.output };
    const result = await run([...this.#tool.program, ...args], options);
    if (result.status !== 0) {
      const { lockHint } = this.#commands;
      throw diagnose(result, { step, shown, script, project: this.#project, manager: this.name, lockHint, env });
    }
    console.log(`Done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }
}
