import { readTextIfExists } from "../lib/files.ts";

/** What a build is made for. cnb.md §3.1. */
export type BuildTarget = {
  readonly os: string;
  /** Go's names: `amd64`, `arm64`. */
  readonly arch: string;
  readonly distroName?: string;
  readonly distroVersion?: string;
};

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/** This machine: builds run where their instances will. */
export function hostTarget(osRelease = readTextIfExists("/etc/os-release") ?? ""): BuildTarget {
  const value = (key: string): string | undefined =>
    new RegExp(`^${key}=["']?([^"'\\n]*)["']?$`, "m").exec(osRelease)?.[1];
  const distroName = value("ID");
  const distroVersion = value("VERSION_ID");
  return {
    os: process.platform,
    arch: ARCHITECTURES[process.arch] ?? process.arch,
    ...(distroName === undefined ? {} : { distroName }),
    ...(distroVersion === undefined ? {} : { distroVersion }),
  };
}

/** The target as variables for `bin/detect` and `bin/build` of API 0.10 and newer. */
export function targetVariables(target: BuildTarget): Record<string, string> {
  return {
    CNB_TARGET_OS: target.os,
    CNB_TARGET_ARCH: target.arch,
    ...(target.distroName === undefined ? {} : { CNB_TARGET_DISTRO_NAME: target.distroName }),
    ...(target.distroVersion === undefined ? {} : { CNB_TARGET_DISTRO_VERSION: target.distroVersion }),
  };
}
