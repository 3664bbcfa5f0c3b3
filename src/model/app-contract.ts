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
  readonly triggers: readonly {
    readonly name?: string;
    readonly type: string;
    readonly metadata: Readonly<Record<string, string>>;
  }[];
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
  readonly addons?: readonly {
    readonly plan: string;
    readonly as?: string;
    readonly options?: Readonly<Record<string, unknown>>;
  }[];
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
 * A buildpack of project.toml: `id` with or without `version`, or `uri`, or an inline script, whose version is 0.0.0.
 * `from=builder` as `uri` stands for the builder's own order.
 */
export type ProjectBuildpack = {
  readonly id?: string;
  readonly version?: string;
  readonly uri?: string;
  readonly script?: { readonly api: string; readonly shell: string; readonly inline: string };
};

/** What project.toml says about the project itself; nothing of it is used in a build. */
export type ProjectDescription = {
  readonly id?: string;
  readonly name?: string;
  readonly version?: string;
  readonly authors?: readonly string[];
  readonly documentationUrl?: string;
  readonly sourceUrl?: string;
  readonly licenses?: readonly { readonly type?: string; readonly uri?: string }[];
  readonly metadata?: Readonly<Record<string, unknown>>;
};

/**
 * project.toml in one shape for all schema versions, defaults filled in. At most one of `include` and `exclude` is there, and `pre`
 * and `post` only without `group`. `env`: build variables, each name once. cnb.md §11.
 */
export type ProjectToml = {
  readonly schemaVersion: "0.1" | "0.2" | "0.3";
  readonly project: ProjectDescription;
  readonly builder?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly group?: readonly ProjectBuildpack[];
  readonly pre?: readonly ProjectBuildpack[];
  readonly post?: readonly ProjectBuildpack[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
};

/** The hooks of `.aptible.yml`, with the file's key names; each runs its commands in order (§6). */
export type AptibleHooks = {
  readonly before_deploy?: readonly string[];
  readonly after_deploy_success?: readonly string[];
  readonly after_deploy_failure?: readonly string[];
  readonly after_restart_success?: readonly string[];
  readonly after_restart_failure?: readonly string[];
  readonly after_configure_success?: readonly string[];
  readonly after_configure_failure?: readonly string[];
  readonly after_scale_success?: readonly string[];
  readonly after_scale_failure?: readonly string[];
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
  /** Absent when there is no project.toml. */
  readonly projectToml?: ProjectToml;
  /** Absent when there is no `.aptible.yml`. */
  readonly aptible?: AptibleHooks;
};
