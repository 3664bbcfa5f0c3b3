import type { JsonMember, JsonNode } from "../contract/json-document.ts";
import { parseTomlDocument } from "../contract/toml-document.ts";
import { itemsOf, memberOf, readAppJsonText, textOf, type AppJsonText } from "./app-json-text.ts";
import { finalEntrypoint, readDockerfile, type DockerInstruction, type Dockerfile } from "./dockerfile.ts";
import type { Platform, PlatformFacts } from "./platforms.ts";
import { PLATFORMS } from "./platforms.ts";
import { processEntries, readProcfileLines, type ProcessEntry, type ProcfileText } from "./procfile-lines.ts";
import { scanShell } from "./shell-scan.ts";
import { readShell } from "./shell-syntax.ts";
import type { ShellText } from "./shell-text.ts";
import type { SourceFiles } from "./source-files.ts";

/** How a platform makes something that runs out of these files. `classic`: a buildpack that leaves a plain folder. */
export type BuildKind = "classic" | "cnb" | "dockerfile";

/** An app's files as one platform looks at them. Made by `readAppSource`. Read by the rules. Nowhere stored. */
export type AppSource = {
  readonly platform: Platform;
  readonly facts: PlatformFacts;
  readonly files: SourceFiles;
  readonly build: BuildKind;
  /** Absent without a Procfile, and where the platform does not read it. */
  readonly procfile?: ProcfileText;
  /** Its process types; empty without a Procfile. */
  readonly entries: readonly ProcessEntry[];
  readonly appJson?: AppJsonText;
  /** The Dockerfile that the platform builds with. */
  readonly dockerfile?: UsedDockerfile;
  /** The table of apppack.toml; absent when it is no TOML. */
  readonly appPackToml?: JsonNode;
  /** Whether commands are split into words and run without a shell, by Paketo's `BP_DIRECT_PROCESS`. */
  readonly isDirect: boolean;
  /** A command on its syntax tree; read once. */
  readonly shellOf: (entry: ProcessEntry) => ShellText;
};

/** A Dockerfile with its path. `entrypoint`: of the final image. */
export type UsedDockerfile = {
  readonly path: string;
  readonly content: Dockerfile;
  readonly entrypoint?: DockerInstruction;
};

/** Reads what the platform would read. Never throws. */
export function readAppSource(files: SourceFiles, platform: Platform): AppSource {
  const facts = PLATFORMS[platform];
  const rawAppJson = files.get("app.json");
  const appJson = rawAppJson === undefined ? undefined : readAppJsonText(rawAppJson);
  const appPackToml = readToml(files.get("apppack.toml"));
  const build = buildKind({ files, platform, appJson, appPackToml });
  const dockerfile = usedDockerfile({ files, platform, build, appPackToml });
  const rawProcfile = platform === "apppack" && build === "dockerfile" ? undefined : files.get("Procfile");
  const procfile = rawProcfile === undefined ? undefined : readProcfileLines(rawProcfile);
  return {
    platform,
    facts,
    files,
    build,
    ...(procfile === undefined ? {} : { procfile }),
    entries: procfile === undefined ? [] : processEntries(procfile, platform),
    ...(appJson === undefined ? {} : { appJson }),
    ...(dockerfile === undefined ? {} : { dockerfile }),
    ...(appPackToml === undefined ? {} : { appPackToml }),
    isDirect: platform === "paketo" && hasDirectProcess(readToml(files.get("project.toml"))),
    shellOf: rememberShells(),
  };
}

/** Beyond this many characters of commands, which no real Procfile has, the quick scan has to do. */
const TREE_CHARACTERS_MAX = 20_000;

function rememberShells(): AppSource["shellOf"] {
  const known = new Map<string, ShellText>();
  let charactersRead = 0;
  return ({ command }) => {
    const before = known.get(command);
    if (before !== undefined) return before;
    charactersRead += command.length;
    const shell = charactersRead > TREE_CHARACTERS_MAX ? scanShell(command) : readShell(command);
    known.set(command, shell);
    return shell;
  };
}

type BuildFacts = {
  readonly files: SourceFiles;
  readonly platform: Platform;
  readonly appJson: AppJsonText | undefined;
  readonly appPackToml: JsonNode | undefined;
};

function buildKind({ files, platform, appJson, appPackToml }: BuildFacts): BuildKind {
  switch (platform) {
    case "dokku": {
      const buildpacks = memberOf(appJson?.root, "buildpacks", true)?.node;
      if (files.has(".buildpacks") || itemsOf(buildpacks).length > 0) return "classic";
      if (files.has("project.toml")) return "cnb";
      return files.has("Dockerfile") ? "dockerfile" : "classic";
    }
    case "apppack":
      return textOf(tableValue(appPackToml, "build", "system")) === "dockerfile" ? "dockerfile" : "cnb";
    case "aptible":
      return "dockerfile";
    case "heroku":
    case "heroku-local":
      return "classic";
    case "heroku-cnb":
    case "paketo":
      return "cnb";
  }
}

function usedDockerfile({
  files,
  build,
  appPackToml,
}: Omit<BuildFacts, "appJson"> & { readonly build: BuildKind }): UsedDockerfile | undefined {
  if (build !== "dockerfile") return undefined;
  const named = textOf(tableValue(appPackToml, "build", "dockerfile"));
  const path = named !== undefined && files.has(named) ? named : "Dockerfile";
  const raw = files.get(path);
  if (raw === undefined) return undefined;
  const content = readDockerfile(raw);
  const entrypoint = finalEntrypoint(content);
  return { path, content, ...(entrypoint === undefined ? {} : { entrypoint }) };
}

/** `BP_DIRECT_PROCESS` among the build variables of project.toml, in schema 0.2 or 0.1. */
function hasDirectProcess(projectToml: JsonNode | undefined): boolean {
  const entries = [
    ...itemsOf(tableValue(projectToml, "io", "buildpacks", "build", "env")),
    ...itemsOf(tableValue(projectToml, "build", "env")),
  ];
  const last = entries.findLast((entry) => textOf(tableValue(entry, "name")) === "BP_DIRECT_PROCESS");
  const value = tableValue(last, "value");
  const isSet = textOf(value) === "true" || textOf(value) === "1";
  return isSet || (value?.kind === "boolean" && value.value) || (value?.kind === "number" && value.value === 1);
}

/** What stands under a path of keys of a TOML file. */
export function tableValue(table: JsonNode | undefined, ...path: readonly string[]): JsonNode | undefined {
  let node = table;
  for (const key of path) node = memberOf(node, key, false)?.node;
  return node;
}

/** What is no TOML counts as absent: the platform's own parser says what is wrong with it. */
function readToml(raw: string | undefined): JsonNode | undefined {
  if (raw === undefined) return undefined;
  const document = parseTomlDocument(raw.replace(/^\uFEFF/, ""));
  return document.ok ? document.root : undefined;
}

/** A member of app.json, by its path from the top. Keys in any case where the platform takes them so. */
export function appJsonMember(app: AppSource, ...path: readonly string[]): JsonMember | undefined {
  let node: JsonNode | undefined = app.appJson?.root;
  let found: JsonMember | undefined;
  for (const key of path) {
    found = memberOf(node, key, app.facts.isKeyCaseFree);
    node = found?.node;
  }
  return found;
}
