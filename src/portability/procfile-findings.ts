import { shownText } from "../contract/shown-text.ts";
import { tableValue, type AppSource } from "./app-source.ts";
import type { Spot } from "./finding.ts";
import { nameOn, type LineTrait } from "./platforms.ts";
import { meantNames, readProcfileLines, type ProcessEntry, type ProcfileLine } from "./procfile-lines.ts";

/** The file all of these are about. */
export const PROCFILE = "Procfile";

type Words = { readonly message: string; readonly hint: string };

/** A place in a line of the Procfile; `at` is an offset from 0. */
export function spotInLine(line: ProcfileLine, at: number, words: Words): Spot {
  return { file: PROCFILE, line: line.line, column: at + 1, ...words };
}

/** A place in a command; `at` is an offset from its start. */
export function spotInCommand(entry: ProcessEntry, at: number, words: Words): Spot {
  return spotInLine(entry.line, entry.line.commandAt + at, words);
}

const REASONS: Readonly<Record<LineTrait, Words>> = {
  noColon: { message: "has no colon after the name", hint: "Write `name: command`." },
  noName: { message: "has no name before its colon", hint: "Write a name before the colon, or remove the line." },
  blankBeforeColon: { message: "has a blank before the colon", hint: "Put the colon right behind the name." },
  noBlankAfterColon: {
    message: "has no blank after the colon",
    hint: "Put a blank between the colon and the command.",
  },
  indented: { message: "has blanks before the name", hint: "Start the line with the name." },
  slashComment: { message: "is a comment that starts with `//`", hint: "Start the comment with `#`." },
  noCommand: { message: "has no command", hint: "Write the command, or remove the line." },
  commentAsCommand: { message: "has only a comment for a command", hint: "Write the command, or remove the line." },
  mergeMarker: { message: "is a merge-conflict marker", hint: "Resolve the conflict and remove its markers." },
};

/** PF001: lines the platform cannot read, drops or misreads. */
export function findUnreadableLines(app: AppSource): readonly Spot[] {
  return (app.procfile?.lines ?? []).flatMap((line) => {
    const trait = app.facts.refusedLines.find((refused) => line.traits.includes(refused));
    if (trait === undefined) return [];
    const { message, hint } = REASONS[trait];
    const text = `The line \`${shownText(line.text)}\` ${message}, so ${app.facts.title} cannot read it as meant.`;
    return [spotInLine(line, line.startAt, { message: text, hint })];
  });
}

/** PF002: names that stand there again, after the platform's renaming. */
export function findDuplicateNames(app: AppSource): readonly Spot[] {
  const firstLines = new Map<string, number>();
  const unreadable = new Set(findUnreadableLines(app).map(({ line }) => line));
  return app.entries.flatMap(({ name, line }) => {
    if (unreadable.has(line.line) || nameProblem(app, line.name) !== undefined) return [];
    const first = firstLines.get(name);
    if (first === undefined) {
      firstLines.set(name, line.line);
      return [];
    }
    const message = `\`${name}\` is defined on lines ${first} and ${line.line}; ${app.facts.title} ${app.facts.duplicateNames ?? "takes one"}.`;
    return [spotInLine(line, line.startAt, { message, hint: "Rename or remove one of the two." })];
  });
}

/** PF003: a byte-order mark, and lines that would continue. */
export function findMarkAndContinuations(app: AppSource): readonly Spot[] {
  const { hasMark = false, lines = [] } = app.procfile ?? {};
  const mark: Spot = {
    file: PROCFILE,
    line: 1,
    column: 1,
    message: `The file starts with a byte-order mark, which ${app.facts.title} takes as part of the first name.`,
    hint: "Save the file as UTF-8 without a byte-order mark.",
  };
  const continued = lines.flatMap((line) =>
    line.continuationAt === undefined
      ? []
      : [
          spotInLine(line, line.continuationAt, {
            message: `The line ends in a backslash, but lines do not continue at ${app.facts.title}.`,
            hint: "Write the whole command on one line, or move it into a script.",
          }),
        ],
  );
  return hasMark ? [mark, ...continued] : continued;
}

/** PF004: names the platform does not take. */
export function findImpossibleNames(app: AppSource): readonly Spot[] {
  return app.entries.flatMap(({ line }) => {
    const problem = nameProblem(app, line.name);
    if (problem === undefined) return [];
    const message = `\`${shownText(line.name)}\` cannot be a process name at ${app.facts.title}: ${problem.message}.`;
    return [
      spotInLine(line, line.startAt + problem.at, {
        message,
        hint: "Use small letters, digits, and hyphens between them.",
      }),
    ];
  });
}

function nameProblem(app: AppSource, name: string): { readonly at: number; readonly message: string } | undefined {
  if (app.platform === "aptible") return undefined;
  const wrongAt = name.search(/[^A-Za-z0-9_-]/);
  if (wrongAt !== -1) return { at: wrongAt, message: "it holds a character other than letters, digits, `_` and `-`" };
  const ends = app.facts.forbiddenNameEnds;
  const wrongEnd = ends.find((end) => name.startsWith(end)) ?? ends.find((end) => name.endsWith(end));
  if (wrongEnd !== undefined)
    return { at: name.startsWith(wrongEnd) ? 0 : name.length - 1, message: `\`${wrongEnd}\` stands at an end of it` };
  const max = app.facts.nameCharactersMax;
  return max === undefined || name.length <= max
    ? undefined
    : { at: 0, message: `it has ${name.length} characters, and ${max} are the most` };
}

/** PF005: names that become other names. */
export function findRenamedNames(app: AppSource): readonly Spot[] {
  return app.entries.flatMap(({ name, line }) => {
    if (name === line.name || nameProblem(app, line.name) !== undefined) return [];
    const message = `\`${line.name}\` becomes \`${name}\` at ${app.facts.title}; formation, scaling and logs use the new name.`;
    return [spotInLine(line, line.startAt, { message, hint: `Write \`${name}\` here and in app.json.` })];
  });
}

/** PF006: hyphens, for the one reader that refuses them. */
export function findHyphens(app: AppSource): readonly Spot[] {
  return app.entries.flatMap(({ line }) => {
    if (!line.name.includes("-") || nameProblem(app, line.name) !== undefined) return [];
    const message = `\`heroku local\` refuses the file for the hyphen in \`${line.name}\`.`;
    const hint = `Write \`${line.name.replaceAll("-", "_")}\`, or use another local runner.`;
    return [spotInLine(line, line.startAt + line.name.indexOf("-"), { message, hint })];
  });
}

/** PF011: process types, but none that serves requests. */
export function findMissingWeb(app: AppSource): readonly Spot[] {
  if (app.procfile === undefined || app.entries.length === 0) return [];
  if (meantNames(app.procfile, app.platform).has("web")) return [];
  const near = app.entries.find(({ name }) => name.toLowerCase() === "web");
  const hint =
    near === undefined ? "Add a `web` process, or deploy workers elsewhere." : `Write \`web\` for \`${near.name}\`.`;
  const message = `${app.facts.title} needs a process of the name \`web\` for traffic.`;
  return [{ file: PROCFILE, line: 1, column: 1, message, hint }];
}

/** The first `release` entry. */
function releaseEntry(app: AppSource): ProcessEntry | undefined {
  return app.entries.find(({ name }) => name === "release");
}

/** PF012: a release command that would run as a service. */
export function findReleaseService(app: AppSource): readonly Spot[] {
  const release = releaseEntry(app);
  if (release === undefined) return [];
  const message = "Aptible runs `release` as a service: it ends and is started again for ever.";
  const hint = "Move the command into `before_deploy` of .aptible.yml.";
  return [spotInLine(release.line, release.line.startAt, { message, hint })];
}

/** PF013: a release command that runs at other moments. */
export function findReleaseMoments(app: AppSource): readonly Spot[] {
  const release = releaseEntry(app);
  if (release === undefined) return [];
  const message = RELEASE_MOMENTS[app.platform] ?? "`release` runs on deploys there.";
  const hint = "Make the command safe to repeat, and do not rely on it to run after a config change or a rollback.";
  return [spotInLine(release.line, release.line.startAt, { message, hint })];
}

const AT_HEROKU = "Heroku runs `release` on config changes, rollbacks and promotions too, not only on deploys.";
const RELEASE_MOMENTS: Readonly<Partial<Record<AppSource["platform"], string>>> = {
  heroku: AT_HEROKU,
  "heroku-cnb": AT_HEROKU,
  dokku: "Dokku runs `release` on deploys and config changes; it has no rollback but a new build.",
  apppack: "AppPack runs `release` on deploys only, never on a config change.",
};

/** PF015: a Procfile that a Dockerfile build does not read. */
export function findIgnoredProcfile(app: AppSource): readonly Spot[] {
  const hasDockerfile = app.files.has("Dockerfile") || app.dockerfile !== undefined;
  if (!app.files.has(PROCFILE) || !hasDockerfile || hasAppPackServices(app)) return [];
  const message = `${app.facts.title} does not read the Procfile when it builds from a Dockerfile.`;
  const hint =
    app.platform === "apppack"
      ? 'Set `system = "dockerfile"` in apppack.toml and give every process type its `[services.NAME]`.'
      : "List the process types in heroku.yml, or as `Dockerfile.NAME`; or remove one of the two files.";
  return [{ file: PROCFILE, line: 1, column: 1, message, hint }];
}

/** AppPack's own list of process types, which takes the Procfile's place in a Dockerfile build. */
function hasAppPackServices(app: AppSource): boolean {
  if (app.platform !== "apppack" || app.build !== "dockerfile") return false;
  const toml = app.appPackToml;
  const lines = readProcfileLines(app.files.get(PROCFILE) ?? "").lines.filter(({ name }) => name !== "");
  return lines.every(({ name }) => {
    const renamed = nameOn("apppack", name);
    if (renamed === "release") return tableValue(toml, "deploy", "release_command") !== undefined;
    return [name, renamed].some((key) => tableValue(toml, "services", key)?.kind === "object");
  });
}
