import type { AppContract } from "../../../model/app-contract.ts";
import { hasErrors, type Diagnostic, type Parsed } from "../../../model/diagnostic.ts";
import { PortsideError } from "../../../model/error-registry.ts";
import type { Source } from "../../../model/source.ts";
import { declaredResources, resourcesOfSize } from "../../../model/resources.ts";
import type { Hooks } from "../../../model/hooks.ts";
import type { Facts } from "../request.ts";
import type { Step, StepContext } from "../step.ts";

/** Reads the app's files and reports everything that is wrong with them, at once. Contract §1. */
export const check: Step = {
  name: "check",
  async run(context) {
    const source = sourceOf(context);
    const path = appPathOf(context);
    if (path !== undefined && !context.builder.hasDirectory(source, path))
      throw new PortsideError("E_APP_PATH", { path, problem: "the source has no such directory" });
    const { value, diagnostics } = await readDeployedContract(context);
    for (const diagnostic of diagnostics) context.tell.diagnostic(diagnostic);
    if (hasErrors(diagnostics)) throw new PortsideError("E_CHECK_FAILED", { count: countErrors(diagnostics) });
    for (const warning of unknownSizes(value)) context.tell.warning(warning);
    return { outcome: "done", detail: filesOf(value), facts: { source: source.digest, declared: declaredBy(value) } };
  },
};

/** The snapshot a deploy was asked to run. Throws E_SOURCE_UNKNOWN. */
export function sourceOf(context: StepContext): Source {
  const { request } = context.operation;
  if (request.kind !== "deploy") throw new Error(`a ${request.kind} has no source`);
  const source = context.builder.findSource(request.source);
  if (source === undefined) throw new PortsideError("E_SOURCE_UNKNOWN", { digest: request.source });
  return source;
}

/** The app's directory in the source of a deploy; `undefined` for its root. */
export function appPathOf({ operation }: StepContext): string | undefined {
  return operation.request.kind === "deploy" ? operation.request.path : undefined;
}

/** The app's files as the snapshot has them, read where the app lies in it. Contract §1. */
export function readDeployedContract(context: StepContext): Promise<Parsed<AppContract>> {
  const { directory } = sourceOf(context);
  const path = appPathOf(context);
  return context.readContract(path === undefined ? directory : `${directory}/${path}`);
}

function declaredBy(contract: AppContract): NonNullable<Facts["declared"]> {
  const { formation = {}, healthchecks = {}, description } = contract.appJson;
  const entries = Object.entries(formation);
  const pick = (key: "quantity" | "stop_timeout" | "max_parallel"): Record<string, number> =>
    Object.fromEntries(
      entries.flatMap(([type, declaration]) => (declaration[key] === undefined ? [] : [[type, declaration[key]]])),
    );
  return {
    ...(description === undefined ? {} : { description }),
    formation: pick("quantity"),
    healthchecks,
    stopTimeouts: pick("stop_timeout"),
    maxParallel: pick("max_parallel"),
    resources: Object.fromEntries(
      entries.flatMap(([type, declaration]) => {
        const limits = declaredResources(declaration);
        return Object.keys(limits).length === 0 ? [] : [[type, limits]];
      }),
    ),
    hooks: hooksOf(contract),
  };
}

function hooksOf({ appJson, aptible }: AppContract): Hooks {
  const { postdeploy, dokku = {} } = appJson.scripts ?? {};
  return {
    ...(dokku.predeploy === undefined ? {} : { predeploy: dokku.predeploy }),
    ...(postdeploy === undefined ? {} : { postdeploy }),
    ...(dokku.postdeploy === undefined ? {} : { dokkuPostdeploy: dokku.postdeploy }),
    ...(aptible === undefined ? {} : { aptible }),
  };
}

/** Size names that mean nothing here: said, not refused, since the files serve other platforms too. Decision 0031. */
function unknownSizes({ appJson }: AppContract): readonly string[] {
  const sizes = Object.entries(appJson.formation ?? {}).flatMap(([type, { size }]) =>
    size === undefined || resourcesOfSize(size) !== undefined ? [] : [`\`${size}\` of \`${type}\``],
  );
  return sizes.length === 0 ? [] : [`Unknown size ${sizes.join(", ")}: it sets no limit.`];
}

function countErrors(diagnostics: readonly Diagnostic[]): string {
  const count = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  return count === 1 ? "1 error" : `${count} errors`;
}

function filesOf(contract: AppContract): string {
  const files = [
    contract.hasProcfile ? "Procfile" : "",
    Object.keys(contract.appJson).length > 0 ? "app.json" : "",
  ].filter(Boolean);
  return files.length === 0 ? "no Procfile, no app.json" : files.join(", ");
}
