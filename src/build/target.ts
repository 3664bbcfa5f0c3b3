import { readTextIfExists } from "../lib/files.ts";
import type { RunImageTarget } from "./files/analyzed-toml.ts";
import type { DeclaredTarget } from "./files/buildpack-toml.ts";

/** What a build is made for. cnb.md §3.1. */
export type BuildTarget = {
  readonly os: string;
  /** Go's names: `amd64`, `arm64`. */
  readonly arch: string;
  readonly archVariant?: string;
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

/** What the run image says, and this machine where it says nothing. cnb.md §3.1. */
export function targetOf(runImage: RunImageTarget | undefined, host = hostTarget()): BuildTarget {
  if (runImage === undefined) return host;
  const { os, arch, "arch-variant": archVariant, distro } = runImage;
  const { name, version } = distro ?? { name: host.distroName, version: host.distroVersion };
  return {
    os: os || host.os,
    arch: arch || host.arch,
    ...(archVariant ? { archVariant } : {}),
    ...(name ? { distroName: name } : {}),
    ...(version ? { distroVersion: version } : {}),
  };
}

/**
 * Whether a buildpack's programs fit the target: what either side does not say fits everything; of several distributions one
 * must fit. cnb.md §3.2.
 */
export function fitsTarget(declared: readonly DeclaredTarget[], target: BuildTarget): boolean {
  const fits = (one: string | undefined, other: string | undefined): boolean => !one || !other || one === other;
  return (
    declared.length === 0 ||
    declared.some(
      ({ os, arch, archVariant, distros }) =>
        fits(os, target.os) &&
        fits(arch, target.arch) &&
        fits(archVariant, target.archVariant) &&
        (distros.length === 0 ||
          distros.some(({ name, version }) => fits(name, target.distroName) && fits(version, target.distroVersion))),
    )
  );
}

/** The target as variables for `bin/detect` and `bin/build` of API 0.10 and newer. */
export function targetVariables(target: BuildTarget): Record<string, string> {
  return {
    CNB_TARGET_OS: target.os,
    CNB_TARGET_ARCH: target.arch,
    ...(target.archVariant === undefined ? {} : { CNB_TARGET_ARCH_VARIANT: target.archVariant }),
    ...(target.distroName === undefined ? {} : { CNB_TARGET_DISTRO_NAME: target.distroName }),
    ...(target.distroVersion === undefined ? {} : { CNB_TARGET_DISTRO_VERSION: target.distroVersion }),
  };
}
