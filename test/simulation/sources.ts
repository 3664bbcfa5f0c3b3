import { createHash } from "node:crypto";
import type { AppContract, AppJson, AptibleHooks } from "../../src/model/app-contract.ts";
import type { Digest } from "../../src/model/source.ts";

/** What an app of a scenario is made of. Process commands are behaviours of the fake machine. */
export type SimulatedSource = {
  readonly name: string;
  readonly digest: Digest;
  readonly processes: Readonly<Record<string, string>>;
  readonly appJson: AppJson;
  readonly aptible?: AptibleHooks;
  readonly build: { readonly ms: number; readonly fails: boolean };
  readonly hasDiagnosticError: boolean;
};

type Variant = Partial<Omit<SimulatedSource, "name" | "digest">>;

const WEB = "serve after 200ms; print 2 lines every 50ms";
const GENERATED = { required: true, generator: "secret", sync: false } as const;

const HOOK = "print 1 line; exit 0 after 80ms";
const BROKEN = "print 1 line; exit 3 after 80ms";
const APTIBLE: AptibleHooks = {
  before_deploy: [HOOK],
  after_deploy_success: [HOOK],
  after_deploy_failure: [HOOK],
  after_configure_success: [HOOK],
  after_configure_failure: [HOOK],
  after_scale_success: [HOOK],
  after_restart_success: [HOOK],
  after_restart_failure: [HOOK],
};
const ROLLING: AppJson = { formation: { web: { quantity: 3, max_parallel: 1 }, worker: { quantity: 2 } } };

/** Sources by what a deploy of them comes to. */
export const VARIANTS = {
  good: { processes: { web: WEB, worker: "run" } },
  withRelease: { processes: { web: WEB, worker: "run", release: "print 2 lines; exit 0 after 300ms" } },
  withEnv: {
    processes: { web: WEB },
    appJson: { env: { TOKEN: GENERATED, MODE: { value: "hush-declared", required: true, sync: true } } },
  },
  declaresTwo: {
    processes: { web: WEB, worker: "run" },
    appJson: { formation: { web: { quantity: 2 }, worker: { quantity: 1 } } },
  },
  noWeb: { processes: { worker: "run", clock: "run" }, appJson: { formation: { worker: { quantity: 1 } } } },
  slowStart: { processes: { web: "serve after 2s", worker: "run" } },
  slowStop: {
    processes: { web: "serve; on SIGTERM exit 0 after 2s", worker: "run; ignore SIGTERM" },
    appJson: { formation: { worker: { quantity: 1, stop_timeout: 3 } } },
  },
  slowBuild: { processes: { web: WEB }, build: { ms: 5_000, fails: false } },
  neverListens: { processes: { web: "never listen", worker: "run" } },
  exitsAtOnce: { processes: { web: "exit 1 after 50ms", worker: "run" } },
  // Healthy at once, but dead before the others are. Not for random kills: what dies behind its deploy is nobody's fault.
  diesWhileOthersStart: {
    processes: { web: "serve after 100ms; exit 1 after 400ms", worker: "run" },
    appJson: { formation: { worker: { quantity: 1 } } },
  },
  workerExits: {
    processes: { web: WEB, worker: "exit 0 after 100ms" },
    appJson: { formation: { worker: { quantity: 1 } } },
  },
  releaseFails: { processes: { web: WEB, release: "print 3 lines; exit 1 after 300ms" } },
  buildFails: { processes: { web: WEB }, build: { ms: 100, fails: true } },
  checkFails: { processes: { web: WEB }, hasDiagnosticError: true },
  withHooks: {
    processes: { web: WEB, worker: "run", release: "exit 0 after 100ms" },
    appJson: {
      scripts: {
        dokku: { predeploy: { command: HOOK }, postdeploy: { command: HOOK } },
        postdeploy: { command: HOOK },
      },
    },
    aptible: APTIBLE,
  },
  predeployFails: {
    processes: { web: WEB },
    appJson: { scripts: { dokku: { predeploy: { command: BROKEN } } } },
    aptible: APTIBLE,
  },
  beforeDeployFails: { processes: { web: WEB }, aptible: { ...APTIBLE, before_deploy: [HOOK, BROKEN] } },
  postdeployFails: { processes: { web: WEB }, appJson: { scripts: { postdeploy: { command: BROKEN } } } },
  postdeployHeals: { processes: { web: WEB }, appJson: { scripts: { postdeploy: { command: HOOK } } } },
  hookFailsLive: {
    processes: { web: WEB },
    appJson: { scripts: { dokku: { postdeploy: { command: BROKEN } } } },
    aptible: { ...APTIBLE, after_deploy_success: [BROKEN, HOOK] },
  },
  hookHangs: {
    processes: { web: WEB },
    appJson: { scripts: { dokku: { postdeploy: { command: "run; ignore SIGTERM" } } } },
  },
  rolling: { processes: { web: WEB, worker: "run" }, appJson: ROLLING },
  rollingNeverListens: { processes: { web: "never listen", worker: "run" }, appJson: ROLLING },
  envMissing: { processes: { web: WEB }, appJson: { env: { NEEDED: { required: true, sync: false } } } },
} as const satisfies Readonly<Record<string, Variant>>;

export type VariantName = keyof typeof VARIANTS;

/** A source of that variant; each `edition` of it is another source. */
export function sourceOf(variant: VariantName, edition: number): SimulatedSource {
  const name = `${variant}-${edition}`;
  const given: Variant = VARIANTS[variant];
  return {
    processes: {},
    appJson: {},
    build: { ms: 100, fails: false },
    hasDiagnosticError: false,
    ...given,
    name,
    digest: digestOf(name),
  };
}

/** What `readContract` would say of it. */
export function contractOf(source: SimulatedSource): AppContract {
  const procfile = Object.entries(source.processes).map(([name, command], index) => ({
    name,
    command,
    line: index + 1,
  }));
  const { appJson, aptible } = source;
  return { procfile, hasProcfile: true, appJson, ...(aptible === undefined ? {} : { aptible }) };
}

/** A digest of any text. */
export function digestOf(text: string): Digest {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
