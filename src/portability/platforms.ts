/** A platform that `checkPortability` can speak for. */
export type Platform = "heroku" | "heroku-cnb" | "heroku-local" | "dokku" | "apppack" | "aptible" | "paketo";

/** What a platform may refuse, drop or misread about a line of the Procfile. */
export type LineTrait =
  | "noColon"
  | "noName"
  | "blankBeforeColon"
  | "noBlankAfterColon"
  | "indented"
  | "slashComment"
  | "noCommand"
  | "commentAsCommand"
  | "mergeMarker";

/**
 * What the rules need to know about a platform. Facts, no behaviour: reference page "How other platforms read the same files".
 */
export type PlatformFacts = {
  /** How messages call it. */
  readonly title: string;
  /** One noun phrase for lists. */
  readonly about: string;
  /** What it refuses, drops or misreads in a Procfile; empty where its parser is not public. */
  readonly refusedLines: readonly LineTrait[];
  /** What it does with a name that stands in the Procfile twice; absent where that is not known. */
  readonly duplicateNames?: string;
  /** Longest process name, in characters, where there is a limit. */
  readonly nameCharactersMax?: number;
  /** What a name may neither start nor end with. */
  readonly forbiddenNameEnds: readonly ("-" | "_")[];
  /** Whether it turns capitals into small letters and `_` into `-`. */
  readonly isRenaming: boolean;
  /** Whether its app.json structures match keys in any case. */
  readonly isKeyCaseFree: boolean;
  /** Prefixes of config variables that it keeps for itself. */
  readonly reservedPrefixes: readonly string[];
  /** Longest time between SIGTERM and SIGKILL, in seconds, where there is a limit. */
  readonly stopTimeoutMaxS?: number;
};

const CNB_LINES = ["noColon", "blankBeforeColon", "slashComment", "noCommand", "mergeMarker", "noName"] as const;

/** Every platform by its name, in the order they are shown in. */
export const PLATFORMS: Readonly<Record<Platform, PlatformFacts>> = {
  heroku: {
    title: "Heroku",
    about: "Heroku Cedar, deployed with `git push`",
    refusedLines: ["blankBeforeColon", "noBlankAfterColon", "mergeMarker", "noName"],
    duplicateNames: "keeps only one of them",
    forbiddenNameEnds: [],
    isRenaming: false,
    isKeyCaseFree: false,
    reservedPrefixes: ["HEROKU_", "__"],
    stopTimeoutMaxS: 30,
  },
  "heroku-cnb": {
    title: "Heroku Fir",
    about: "Heroku Fir, built with Cloud Native Buildpacks",
    refusedLines: CNB_LINES,
    duplicateNames: "keeps the last",
    nameCharactersMax: 63,
    forbiddenNameEnds: ["-", "_"],
    isRenaming: true,
    isKeyCaseFree: false,
    reservedPrefixes: ["HEROKU_", "__"],
    stopTimeoutMaxS: 30,
  },
  "heroku-local": {
    title: "`heroku local`",
    about: "`heroku local` on a developer's machine",
    refusedLines: ["noColon", "blankBeforeColon", "indented", "slashComment", "mergeMarker", "noName"],
    duplicateNames: "keeps the last",
    forbiddenNameEnds: ["-"],
    isRenaming: false,
    isKeyCaseFree: false,
    reservedPrefixes: [],
  },
  dokku: {
    title: "Dokku",
    about: "Dokku on a server of one's own",
    refusedLines: ["noColon", "noCommand", "commentAsCommand", "mergeMarker", "noName"],
    duplicateNames: "rejects the file",
    nameCharactersMax: 63,
    forbiddenNameEnds: [],
    isRenaming: false,
    isKeyCaseFree: true,
    reservedPrefixes: ["DOKKU_"],
    stopTimeoutMaxS: 30,
  },
  apppack: {
    title: "AppPack",
    about: "AppPack in an AWS account",
    refusedLines: CNB_LINES,
    duplicateNames: "keeps the last",
    nameCharactersMax: 63,
    forbiddenNameEnds: ["-", "_"],
    isRenaming: true,
    isKeyCaseFree: true,
    reservedPrefixes: [],
  },
  aptible: {
    title: "Aptible",
    about: "Aptible, from a Dockerfile or an image",
    refusedLines: [],
    forbiddenNameEnds: [],
    isRenaming: false,
    isKeyCaseFree: false,
    reservedPrefixes: [],
    stopTimeoutMaxS: 10,
  },
  paketo: {
    title: "Paketo",
    about: "an image built with Paketo's Procfile buildpack",
    refusedLines: ["noColon", "blankBeforeColon", "indented", "noCommand", "mergeMarker", "noName"],
    duplicateNames: "keeps the last",
    forbiddenNameEnds: [],
    isRenaming: false,
    isKeyCaseFree: false,
    reservedPrefixes: [],
  },
};

/** All platform names, in the order they are shown in. */
export const PLATFORM_NAMES = Object.keys(PLATFORMS) as readonly Platform[];

/** Whether the text names a platform. */
export function isPlatform(name: string): name is Platform {
  return Object.hasOwn(PLATFORMS, name);
}

/** The name a process type has on the platform. */
export function nameOn(platform: Platform, name: string): string {
  return PLATFORMS[platform].isRenaming ? name.toLowerCase().replaceAll("_", "-") : name;
}
