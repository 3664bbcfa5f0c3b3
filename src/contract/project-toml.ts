import { closest } from "../lib/similar.ts";
import type { ProjectBuildpack, ProjectToml } from "../model/app-contract.ts";
import type { Parsed } from "../model/diagnostic.ts";
import { FindingList } from "./finding-list.ts";
import { escapeToken, memberPlace, nameOf, reject, reportInto, type Place } from "./json-place.ts";
import { anything, list, map, object, refine, text, type Reader } from "./json-reader.ts";
import { group, PROJECT_TOML_DIALECT, projectTable, underscoreTable, variables } from "./project-toml-sections.ts";
import { shownText } from "./shown-text.ts";
import { parseTomlDocument } from "./toml-document.ts";

type Version = ProjectToml["schemaVersion"];
type Build = Omit<ProjectToml, "schemaVersion" | "project">;

const VERSIONS: readonly Version[] = ["0.1", "0.2", "0.3"];
const EMPTY: ProjectToml = { schemaVersion: "0.1", project: {}, env: [] };

/**
 * Reads project.toml of schema 0.1, 0.2 or 0.3 into one shape; wrong parts are left out. A file without a version is read as 0.1, with a
 * warning; its `io.buildpacks`, which 0.1 does not have, counts all the same where there is no `build`. Other tables belong to others
 * and are not looked into. Never throws. Codes: `PROJ_…`. cnb.md §11.
 */
export function parseProjectToml(raw: string, file = "project.toml"): Parsed<ProjectToml> {
  const content = raw.startsWith("\uFEFF") ? raw.slice(1) : raw;
  const found = new FindingList(file);
  const report = reportInto(found, content);
  const document = parseTomlDocument(content);
  if (!document.ok) {
    report({ code: "PROJ_SYNTAX", path: "", ...document.problem });
    return { value: EMPTY, diagnostics: found.diagnostics() };
  }
  const root: Place = { node: document.root, pointer: "", report, dialect: PROJECT_TOML_DIALECT };
  const version = readVersion(root);
  const value = version === "refused" ? EMPTY : readFile(root, version);
  return { value, diagnostics: found.diagnostics() };
}

/** The version the file names; one that nobody knows makes the rest meaningless. */
function readVersion(root: Place): Version | "absent" | "refused" {
  const underscore = memberPlace(root, "_");
  const place = underscore === undefined ? undefined : memberPlace(underscore, "schema-version");
  if (place === undefined) return "absent";
  const raw = text.read(place);
  const known = VERSIONS.find((version) => version === raw);
  if (known !== undefined || raw === undefined) return known ?? "refused";
  const message = `The schema version is \`${shownText(raw)}\`, but must be 0.1, 0.2 or 0.3.`;
  reject(place, "PROJ_VERSION", { message, hint: 'Write `schema-version = "0.2"`.' });
  return "refused";
}

function readFile(root: Place, version: Version | "absent"): ProjectToml {
  const hasOldBuild = memberPlace(root, "build") !== undefined;
  if (version === "absent") warnOfVersion(root, hasOldBuild);
  const isOld = version === "absent" || version === "0.1";
  const isNew = version !== "0.1";
  warnOfTables(root, { isOld, isNew });
  // Schema 0.3 may name keys that are not known here.
  const report: Place["report"] = (finding) => {
    if (version !== "0.3" || finding.code !== "PROJ_UNKNOWN_KEY") root.report(finding);
  };
  const at = (owner: Place | undefined, key: string, isPart: boolean): Place | undefined =>
    owner === undefined || !isPart ? undefined : memberPlace({ ...owner, report }, key);
  const metadata = read(map(anything), at(root, "metadata", isOld));
  const project = {
    ...read(projectTable, at(root, "project", isOld)),
    ...(metadata === undefined ? {} : { metadata }),
    ...read(underscoreTable, at(root, "_", isNew)),
  };
  const io = at(root, "io", version === "absent" ? !hasOldBuild : isNew);
  if (io !== undefined && io.node.kind !== "object") read(object({}), io);
  const build = {
    ...read(buildTable, at(root, "build", isOld)),
    ...read(buildpacksTable, at(io, "buildpacks", isNew)),
  };
  return { schemaVersion: version === "absent" ? "0.1" : version, project, env: [], ...build };
}

function read<T>(reader: Reader<T>, place: Place | undefined): T | undefined {
  return place === undefined ? undefined : reader.read(place);
}

/** `[build]` of schema 0.1. */
const buildTable: Reader<Build> = refine(
  object({ builder: text, include: list(text), exclude: list(text), buildpacks: group, env: variables }),
  ({ buildpacks, ...declared }, place) => withoutBothLists(withoutEmptyGroup(declared, buildpacks), place),
);

/** `[io.buildpacks]` of schema 0.2. */
const buildpacksTable: Reader<Build> = refine(
  object({
    builder: text,
    include: list(text),
    exclude: list(text),
    group,
    pre: object({ group }),
    post: object({ group }),
    build: object({ env: variables }),
    env: object({ build: variables }),
  }),
  ({ group: own, pre, post, build, env: old, ...declared }, place) => {
    if (old !== undefined) noteOldEnv(place);
    const variablesOfAll = new Map([...(old?.build ?? []), ...(build?.env ?? [])].map((one) => [one.name, one]));
    const result = withoutEmptyGroup({ ...declared, env: [...variablesOfAll.values()] }, own);
    if (result.group !== undefined) warnOfAdditions(place);
    const additions = {
      ...(pre?.group === undefined ? {} : { pre: pre.group }),
      ...(post?.group === undefined ? {} : { post: post.group }),
    };
    return withoutBothLists(result.group === undefined ? { ...result, ...additions } : result, place);
  },
);

function withoutEmptyGroup(declared: Partial<Build>, own: readonly ProjectBuildpack[] | undefined): Build {
  return { ...declared, env: declared.env ?? [], ...(own === undefined || own.length === 0 ? {} : { group: own }) };
}

function withoutBothLists(build: Build, place: Place): Build {
  const [include, exclude] = [memberPlace(place, "include"), memberPlace(place, "exclude")];
  if (include === undefined || exclude === undefined) return build;
  const [first, second] = include.node.offset < exclude.node.offset ? [include, exclude] : [exclude, include];
  place.report({
    code: "PROJ_INCLUDE_EXCLUDE",
    offset: second.node.offset,
    otherOffset: first.node.offset,
    path: second.pointer,
    message: `${nameOf(place.pointer)} has both \`include\` and \`exclude\`.`,
    hint: "Keep one of the two.",
  });
  const { include: _include, exclude: _exclude, ...rest } = build;
  return rest;
}

function warnOfAdditions(place: Place): void {
  for (const key of ["pre", "post"]) {
    const addition = memberPlace(place, key);
    if (addition === undefined) continue;
    reject(addition, "PROJ_GROUP_IGNORED", {
      message: `${nameOf(addition.pointer)} is ignored, since the file has a group of its own.`,
      hint: "Put its buildpacks into the group, or remove the group.",
    });
  }
}

function noteOldEnv(place: Place): void {
  const old = memberPlace(place, "env");
  if (old === undefined) return;
  const message = `${nameOf(old.pointer)} is the old name of \`io.buildpacks.build.env\`.`;
  reject(old, "PROJ_OLD_NAME", { message, hint: "Write `[[io.buildpacks.build.env]]`." });
}

function warnOfVersion(root: Place, hasOldBuild: boolean): void {
  const place = memberPlace(root, "_") ?? root;
  const hasNewTables = memberPlace(root, "io") !== undefined;
  const message = !hasNewTables
    ? "The file names no schema version; it is read as 0.1."
    : hasOldBuild
      ? "The file names no schema version, so it is read as 0.1, and `io.buildpacks` is ignored beside `build`."
      : "The file names no schema version, so other platforms read it as 0.1 and ignore `io.buildpacks`.";
  const hint = `Add \`schema-version = "${hasNewTables ? "0.2" : "0.1"}"\` under \`[_]\`.`;
  reject(place, "PROJ_VERSION_MISSING", { message, hint });
}

/** Tables beside the schema's are named like domains and belong to others; only slips are told. */
function warnOfTables(root: Place, { isOld, isNew }: { readonly isOld: boolean; readonly isNew: boolean }): void {
  if (root.node.kind !== "object") return;
  const known = [...(isOld ? OLD_TABLES : []), ...(isNew ? NEW_TABLES : [])];
  for (const { key, offset } of root.node.members) {
    if (known.includes(key) || key === "_") continue;
    const other = [...OLD_TABLES, ...NEW_TABLES].includes(key);
    const near = other ? undefined : closest(key, OLD_TABLES);
    if (!other && (near === undefined || !known.includes(near))) continue;
    root.report({
      code: "PROJ_UNKNOWN_KEY",
      offset,
      path: `/${escapeToken(key)}`,
      message: `The schema version of the file has no table \`${shownText(key)}\`; it is ignored.`,
      hint:
        near === undefined
          ? `Schema 0.1 has ${OLD_TABLES.join(", ")}; 0.2 has _ and io.buildpacks.`
          : `Did you mean \`${near}\`?`,
    });
  }
}

const OLD_TABLES = ["project", "build", "metadata"];
const NEW_TABLES = ["io"];
