import { createReadStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { AddressGuard, CheckedAddress } from "../../lib/address-guard.ts";
import { exec, type ExecResult } from "../../lib/exec.ts";
import { hasCode } from "../../lib/files.ts";
import { startTicker } from "../../lib/ticker.ts";
import { treeBytes } from "../../lib/tree.ts";
import { ArchiveError, unpackArchive, type ArchiveLimits } from "../source-archive.ts";

/** The repository could not be read; the message says why, in half a sentence. */
export class GitFailed extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "GitFailed";
  }
}

/** How repositories are read. `certificates`: a file of certificate authorities besides the system's. */
export type GitOptions = {
  readonly guard: AddressGuard;
  readonly basePath: string;
  readonly certificates?: string;
  readonly limits: ArchiveLimits & { readonly askMs: number; readonly fetchMs: number };
  readonly signal: AbortSignal;
};

/** A repository and what of it is wanted. */
export type GitPlace = { readonly url: URL; readonly ref?: string };

const COMMIT = /^[0-9a-f]{40}$/;
const WATCH_MS = 250;
/** Slower than this for so long is a server that does not answer. */
const SLOW_BYTES_S = 100;
const SLOW_S = 20;

/**
 * The commit a branch or tag stands for now; a whole commit id is taken as it is, without asking.
 * Rejects with GitFailed, AddressRefused or the signal's reason.
 */
export async function findCommit(place: GitPlace, scratch: string, options: GitOptions): Promise<string> {
  if (place.ref !== undefined && COMMIT.test(place.ref)) return place.ref;
  const names =
    place.ref === undefined
      ? ["HEAD"]
      : [`refs/heads/${place.ref}`, `refs/tags/${place.ref}`, `refs/tags/${place.ref}^{}`];
  const remote = await planRemote(place.url, options.guard);
  const { stdout } = await git(["ls-remote", "--end-of-options", remote.url, ...names], { scratch, remote, options });
  const found = new Map(
    stdout.split("\n").flatMap((line): [string, string][] => {
      const [, commit = "", name = ""] = /^([0-9a-f]{40})\t(\S+)$/.exec(line) ?? [];
      return commit === "" ? [] : [[name, commit]];
    }),
  );
  // An annotated tag is an object of its own; `^{}` is the commit it stands for.
  const commit = names
    .toReversed()
    .map((name) => found.get(name))
    .find((one) => one !== undefined);
  if (commit !== undefined) return commit;
  throw new GitFailed(place.ref === undefined ? "it has no commit" : `it has no branch or tag \`${place.ref}\``);
}

/**
 * Puts the files of a commit into an empty directory, by the rules for archives: no checkout, no filters, no hooks, no
 * submodules, no LFS. Rejects with GitFailed, ArchiveError, AddressRefused or the signal's reason. security.md rules 3, 10, 11.
 */
export async function fetchCommit(
  place: GitPlace,
  commit: string,
  work: { readonly scratch: string; readonly target: string; readonly options: GitOptions },
): Promise<void> {
  const { scratch, target, options } = work;
  const remote = await planRemote(place.url, options.guard);
  const repository = join(scratch, "repository.git");
  mkdirSync(repository);
  const run = { scratch, remote, options, repository };
  await git(["init", "--quiet", "--bare", "--template=", "."], run);
  // A server may refuse a commit that no branch or tag points at, so those are asked for by name.
  const wanted = place.ref === undefined ? "HEAD" : place.ref;
  const fetch = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"];
  await watchSize(repository, options, (signal) =>
    git([...fetch, "--end-of-options", remote.url, `+${wanted}:refs/portside/wanted`], { ...run, signal }),
  );
  const { stdout } = await git(["rev-parse", "--verify", "--end-of-options", "refs/portside/wanted^{commit}"], run);
  if (stdout.trim() !== commit) throw new GitFailed("it changed while it was read");
  const archive = join(scratch, "tree.tar");
  await watchSize(scratch, options, (signal) =>
    git(["archive", "--format=tar", `--output=${archive}`, "--end-of-options", commit], { ...run, signal }),
  );
  await unpackArchive(createReadStream(archive, { signal: options.signal }), target, options);
}

/** Where git connects to: for http(s) the name with its checked address beside it, for git:// the address itself. */
type Remote = { readonly url: string; readonly settings: readonly string[] };

async function planRemote(url: URL, guard: AddressGuard): Promise<Remote> {
  const { address, family } = await resolveHost(url, guard);
  const shownAddress = family === 6 ? `[${address}]` : address;
  if (url.protocol === "git:") {
    const pinned = new URL(url.href);
    pinned.hostname = shownAddress;
    return { url: pinned.href, settings: [] };
  }
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  const name = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { url: url.href, settings: ["-c", `http.curloptResolve=${name}:${port}:${shownAddress}`] };
}

async function resolveHost(url: URL, guard: AddressGuard): Promise<CheckedAddress> {
  try {
    return await guard.resolve(url.hostname);
  } catch (error) {
    if (!hasCode(error, "ENOTFOUND", "EAI_AGAIN", "ENODATA", "ESERVFAIL", "ETIMEOUT")) throw error;
    throw new GitFailed(`the name ${url.hostname} cannot be looked up`);
  }
}

type GitRun = {
  readonly scratch: string;
  readonly remote: Remote;
  readonly options: GitOptions;
  readonly repository?: string;
  readonly signal?: AbortSignal;
};

/** Settings that no configuration of the machine or of a repository can loosen. */
const HARDENED = [
  ...["core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null", "credential.helper="],
  ...["protocol.allow=never", "protocol.http.allow=always", "protocol.https.allow=always", "protocol.git.allow=always"],
  // A redirect would go to an address nobody looked at.
  ...["http.followRedirects=false", "http.proxy=", `http.lowSpeedLimit=${SLOW_BYTES_S}`, `http.lowSpeedTime=${SLOW_S}`],
  ...["fetch.fsckObjects=true", "fetch.recurseSubmodules=false", "gc.auto=0", "maintenance.auto=false"],
].flatMap((setting) => ["-c", setting]);

async function git(args: readonly string[], run: GitRun): Promise<ExecResult> {
  const { scratch, remote, options, repository = scratch } = run;
  const signal = run.signal ?? options.signal;
  const done = await exec(["git", ...HARDENED, ...remote.settings, ...args], {
    cwd: repository,
    env: {
      PATH: options.basePath,
      HOME: scratch,
      LC_ALL: "C",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_ATTR_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_ASKPASS: "true",
      GIT_ALLOW_PROTOCOL: "http:https:git",
      GIT_PROTOCOL_FROM_USER: "0",
      GIT_LFS_SKIP_SMUDGE: "1",
      GIT_NO_REPLACE_OBJECTS: "1",
      GIT_CEILING_DIRECTORIES: scratch,
      ...(options.certificates === undefined ? {} : { GIT_SSL_CAINFO: options.certificates }),
    },
    limitMs: args[0] === "ls-remote" ? options.limits.askMs : options.limits.fetchMs,
    signal,
  });
  options.signal.throwIfAborted();
  if (done.exitCode === 0) return done;
  signal.throwIfAborted();
  if (done.timedOut) throw new GitFailed("the server does not answer");
  throw new GitFailed(describeFailure(done.stderr));
}

/** git's own reason, on one line; what it says on common cases is not for people who did not call git. */
function describeFailure(stderr: string): string {
  if (/unable to update url base from redirection|requested URL returned error: 30\d/i.test(stderr))
    return "the server redirects to another address; write that one";
  if (/could not read Username|Authentication failed|returned error: 40[13]/i.test(stderr)) return "it is not public";
  const line =
    stderr.split("\n").find((one) => /^(?:fatal|error): /.test(one)) ?? stderr.trim().split("\n").at(-1) ?? "";
  return line.replace(/^(?:fatal|error): /, "").slice(0, 300) || "git failed";
}

/** git has no limit of its own on what it takes in. */
async function watchSize<T>(
  directory: string,
  options: GitOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const check = async (): Promise<void> => {
    try {
      if ((await treeBytes(directory, signal)) > options.limits.bytesMax)
        over.abort(new ArchiveError(`more than ${options.limits.bytesMax} bytes`, true));
    } catch {
      // A file went away while it was looked at; the next look counts.
    }
  };
  const ticker = startTicker(WATCH_MS, () => void check());
  try {
    const result = await work(signal);
    await check();
    over.signal.throwIfAborted();
    return result;
  } finally {
    ticker.stop();
  }
}
