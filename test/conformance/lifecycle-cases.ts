import { NO_PROGRAMS, type Case } from "./case.ts";
export const LIFECYCLE_CASES: readonly Case[] = [];
