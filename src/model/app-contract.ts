/** A process type of the Procfile, in file order. The command is byte for byte what the file says (§2). */
export type ProcfileEntry = { readonly name: string; readonly command: string; readonly line: number };

/** `env.NAME` of app.json, short forms opened, defaults filled in (§3, §4). */
export type EnvDeclaration = {
  readonly description?: string;
  readonly value?: string;
  readonly required: boolean;
  readonly generator?: "secret";
  readonly sync: boolean;
};

/** `formation.TYPE` of app.json, with the file's key names (§5). */
export type FormationDeclaration = {
  readonly quantity?: number;
  readonly size?: string;
  readonly max_parallel?: number;
  readonly stop_timeout?: number;
  readonly service?: { readonly exposed: boolean };
  readonly resources?: { readonly cpu?: number; readonly memory?: string };
  readonly autoscaling?: AutoscalingDeclaration;
};

/** `formation.TYPE.autoscaling`; the map form of `triggers` is opened into a list. */
export type AutoscalingDeclaration = {
  readonly min_quantity?: number;
  readonly max_quantity?: number;
  readonly polling_interval_seconds: number;
  readonly cooldown_period_seconds: number;
  readonly triggers: readonly { readonly name?: string; readonly type: string; readonly metadata: Readonly<Record<string, string>> }[];
};

/** A script of app.json, the short form opened (D28). */
export type Script = { readonly command: string; readonly size?: string };

/** One check of `healthchecks.TYPE[]`, defaults filled in (§8). Exactly one of `path`, `command`, `listening`, `uptime` is there. Seconds. */
export type HealthCheck = {
  readonly type: "startup" | "readiness" | "liveness";
  readonly name?: string;
  readonly description?: string;
  readonly path?: string;
  readonly command?: readonly string[];
  readonly listening?: true;
  readonly uptime?: number;
  readonly attempts: number;
  readonly timeout: number;
  readonly wait: number;
  readonly initialDelay: number;
  readonly port?: number;
  readonly scheme: "http" | "https";
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  readonly content?: string;
  readonly warn: boolean;
  readonly onFailure?: { readonly command?: readonly string[]; readonly url?: string };
};

/** One entry of `cron` (§7). */
export type CronEntry = {
  readonly command: string;
  readonly schedule: string;
  readonly maintenance: boolean;
  readonly concurrency_policy: "allow" | "forbid" | "replace";
  readonly timezone: string;
};

/** app.json, normalised: the file's own key names, short forms opened, defaults filled in; a key the file lacks is absent. */
export type AppJson = {
  readonly name?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly website?: string;
  readonly repository?: string;
  readonly logo?: string;
  readonly success_url?: string;
  readonly stack?: string;
  readonly image?: string;
  readonly buildpacks?: readonly { readonly url: string }[];
  readonly env?: Readonly<Record<string, EnvDeclaration>>;
  readonly formation?: Readonly<Record<string, FormationDeclaration>>;
  readonly addons?: readonly { readonly plan: string; readonly as?: string; readonly options?: Readonly<Record<string, unknown>> }[];
  readonly scripts?: {
    readonly postdeploy?: Script;
    readonly "pr-predestroy"?: Script;
    readonly test?: Script;
    readonly "test-setup"?: Script;
    readonly dokku?: { readonly predeploy?: Script; readonly postdeploy?: Script };
  };
  readonly cron?: readonly CronEntry[];
  readonly healthchecks?: Readonly<Record<string, readonly HealthCheck[]>>;
  readonly environments?: Readonly<Record<string, Omit<AppJson, "environments">>>;
};

/**
 * What a source says about itself. Written by contract (`readAppContract`). Read by build and control.
 * Stored with the operation. Contract §1.
 */
export type AppContract = {
  /** Empty when there is no Procfile. */
  readonly procfile: readonly ProcfileEntry[];
  readonly hasProcfile: boolean;
  readonly appJson: AppJson;
};
