import type { Buildpack } from "../buildpack-registry.ts";
import { DETECT_FAIL, type Verdict } from "./ask-buildpack.ts";

type Asked = { readonly buildpack: Buildpack; readonly optional: boolean; readonly verdict: Verdict };

/**
 * What detect did, in the reference's words. Kept until it is known how it ended: after a success only `info` is shown, after a
 * failure everything. cnb.md §3.3.
 */
export class DetectLog {
  readonly entries: { readonly level: "debug" | "info"; readonly line: string }[] = [];

  debug(...lines: readonly string[]): void {
    for (const line of lines) this.entries.push({ level: "debug", line });
  }

  info(...lines: readonly string[]): void {
    for (const line of lines) this.entries.push({ level: "info", line });
  }

  /** Output and verdict of each buildpack of a group. */
  results(asked: readonly Asked[]): void {
    for (const { verdict } of asked) this.#output(verdict);
    this.debug("======== Results ========");
    for (const { optional, verdict } of asked) this.#result(verdict, optional);
  }

  /** Who takes part, out of how many. */
  taking(group: readonly Buildpack[], askedCount: number): void {
    if (group.length < askedCount) this.info(`${group.length} of ${askedCount} buildpacks participating`);
    const width = Math.max(...group.map(({ id }) => id.length));
    for (const { id, version } of group) this.info(`${id.padEnd(width)} ${version}`);
  }

  #output({ buildpack, code, lines, problem }: Verdict): void {
    const title = `${buildpack.id}@${buildpack.version} ========`;
    const say = (...said: readonly string[]): void =>
      code === 0 || code === DETECT_FAIL ? this.debug(...said) : this.info(...said);
    if (lines.length > 0) say(`======== Output: ${title}`, ...lines);
    if (problem !== undefined) say(`======== Error: ${title}`, problem);
  }

  #result({ buildpack, code }: Verdict, optional: boolean): void {
    const name = `${buildpack.id}@${buildpack.version}`;
    if (code === 0) this.debug(`pass: ${name}`);
    else if (code === DETECT_FAIL) this.debug(`${optional ? "skip" : "fail"}: ${name}`);
    else this.info(code === -1 ? `err:  ${name}` : `err:  ${name} (${code})`);
  }
}
