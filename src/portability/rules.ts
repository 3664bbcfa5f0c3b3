import type { Rule } from "./rule.ts";
import { AJ_RULES } from "./rules/aj.ts";
import { DF_RULES } from "./rules/df.ts";
import { FS_RULES } from "./rules/fs.ts";
import { PF_RULES } from "./rules/pf.ts";
import { RT_RULES } from "./rules/rt.ts";

/** Every rule of the portability check, by family and number. */
export const RULES: readonly Rule[] = [...PF_RULES, ...AJ_RULES, ...DF_RULES, ...RT_RULES, ...FS_RULES];
