import type { World } from "./worlds.ts";

/** One statement about every engine, its contract section in the title. `notOn`: engines that cannot show it, each with the reason. */
export type Case = {
  readonly title: string;
  readonly notOn?: Readonly<Record<string, string>>;
  readonly run: (world: World) => Promise<void>;
};

/** Why the fake machine cannot show what a real program sees. */
export const NO_PROGRAMS = {
  fake: "its programs are scripts of the simulator and see no environment, files or signals",
};
