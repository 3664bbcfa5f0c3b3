import { NO_PROGRAMS, type Case } from "./case.ts";
export const STOP_CASES: readonly Case[] = [];
