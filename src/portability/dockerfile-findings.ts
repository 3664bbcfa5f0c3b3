import { shownText } from "../contract/shown-text.ts";
import type { AppSource, UsedDockerfile } from "./app-source.ts";
import { findShellSyntax } from "./command-mode.ts";
import { argNames, exposedPorts, finalInstructions, finalStages, type DockerInstruction } from "./dockerfile.ts";
import type { Spot } from "./finding.ts";

type Words = { readonly message: string; readonly hint: string };

function spotAt(dockerfile: UsedDockerfile, at: DockerInstruction | undefined, words: Words): Spot {
  return { file: dockerfile.path, line: at?.line ?? 1, column: at?.column ?? 1, ...words };
}

/** DF001: several ports to choose from, or none. */
export function findUnclearPorts(app: AppSource): readonly Spot[] {
  const { dockerfile } = app;
  const isServing = !app.files.has("Procfile") || app.entries.some(({ name }) => name === "web");
  if (dockerfile === undefined || dockerfile.content.stages.length === 0 || !isServing) return [];
  const exposes = finalInstructions(dockerfile.content).filter(({ keyword }) => keyword === "EXPOSE");
  const ports = exposedPorts(exposes);
  if (ports.length === 1 && !/-/.test(ports[0] ?? "")) return [];
  if (ports.length === 0) {
    const message = "Aptible finds no port to send requests to: the last stage exposes none.";
    return [spotAt(dockerfile, undefined, { message, hint: "Add `EXPOSE` with the port that `web` listens on." })];
  }
  const chosen = ports.toSorted()[0] ?? "";
  const message = `Aptible picks one of several ports: ${shownText(chosen)}, the lowest as text.`;
  return [spotAt(dockerfile, exposes[0], { message, hint: "Expose one port, or name the port of the endpoint." })];
}

/** DF002: shell syntax that an entrypoint gets as arguments. */
export function findEntrypointArguments(app: AppSource): readonly Spot[] {
  const { dockerfile } = app;
  if (dockerfile?.entrypoint === undefined) return [];
  const entry = app.entries.find((candidate) => findShellSyntax(app, candidate) !== undefined);
  if (entry === undefined) return [];
  const shown = shownText(dockerfile.entrypoint.text);
  const message = `The command of \`${shownText(entry.name)}\` becomes arguments of \`${shown}\`, its shell syntax too.`;
  return [
    spotAt(dockerfile, dockerfile.entrypoint, {
      message,
      hint: "Move the command into a script, or remove the ENTRYPOINT.",
    }),
  ];
}

/** DF003: one health check for all process types. */
export function findSharedHealthcheck(app: AppSource): readonly Spot[] {
  const { dockerfile } = app;
  const types = new Set(app.entries.map(({ name }) => name));
  if (dockerfile === undefined || types.size < 2) return [];
  const check = finalInstructions(dockerfile.content).findLast(({ keyword }) => keyword === "HEALTHCHECK");
  if (check === undefined || /^none$/i.test(check.text) || check.text.includes("APTIBLE_PROCESS_TYPE")) return [];
  const message = `Aptible runs this check in all ${types.size} services, not in one alone.`;
  return [spotAt(dockerfile, check, { message, hint: "Branch on `APTIBLE_PROCESS_TYPE` in the check." })];
}

/** DF004: images without the programs that AppPack's shell needs. */
export function findMissingPrograms(app: AppSource): readonly Spot[] {
  const { dockerfile } = app;
  if (dockerfile === undefined) return [];
  const stages = finalStages(dockerfile.content);
  const lacking = lackingImage(stages.at(-1)?.base ?? "");
  if (lacking === undefined) return [];
  const isAlpine = lacking === "Alpine";
  if (isAlpine && finalInstructions(dockerfile.content).some(addsBash)) return [];
  const message = `\`apppack shell\` will not work: ${lacking} has no ${isAlpine ? "bash" : "shell"}.`;
  const hint = isAlpine
    ? "Add `RUN apk add --no-cache bash`."
    : "Start the last stage from an image with bash, as `debian:12-slim`.";
  return [spotAt(dockerfile, stages[0]?.from, { message, hint })];
}

function lackingImage(base: string): string | undefined {
  const image = base.toLowerCase();
  if (image === "scratch") return "`scratch`";
  if (image.includes("distroless")) return "a distroless image";
  return /(?:^|[/:.\-_])alpine/.test(image) ? "Alpine" : undefined;
}

function addsBash({ keyword, text, heredoc }: DockerInstruction): boolean {
  if (keyword !== "RUN") return false;
  return `${text}\n${heredoc.replaceAll(/\\\r?\n/g, " ")}`
    .split(/[;&|\n]/)
    .some(
      (command) => /\bapk\b/.test(command) && /\sadd\s/.test(command) && /\sbash(?:[=<>~]\S*)?(?:\s|$)/.test(command),
    );
}

const SECRET_NAME = /SECRET|PASSWORD|TOKEN(?!IZ)|API_KEY|PRIVATE_KEY|CREDENTIAL|DATABASE_URL/i;

/** DF005: build arguments that would carry secrets. */
export function findSecretArguments(app: AppSource): readonly Spot[] {
  const { dockerfile } = app;
  if (dockerfile === undefined) return [];
  const { args, stages } = dockerfile.content;
  return [...args, ...stages.flatMap(({ instructions }) => instructions)]
    .filter(({ keyword }) => keyword === "ARG")
    .flatMap((instruction) => {
      const name = argNames(instruction).find((candidate) => SECRET_NAME.test(candidate));
      if (name === undefined) return [];
      const message = `AppPack passes all config as build arguments, so \`${shownText(name)}\` ends in the image's history.`;
      return [spotAt(dockerfile, instruction, { message, hint: "Use a build secret (`RUN --mount=type=secret`)." })];
    });
}
