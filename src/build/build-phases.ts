/** The lifecycle's phases on this side of a registry, in order. cnb.md §1. */
export type BuildPhase = "detect" | "restore" | "build" | "export";

const BANNERS: Readonly<Record<BuildPhase, string>> = {
  detect: "DETECTING",
  restore: "RESTORING",
  build: "BUILDING",
  export: "EXPORTING",
};

/** The line that tells in the output that a phase begins. */
export function phaseBanner(phase: BuildPhase): string {
  return `===> ${BANNERS[phase]}`;
}
