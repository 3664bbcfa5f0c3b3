import {
  ABOUT_EXAMPLE,
  ADDONS_EXAMPLE,
  APP_JSON_EXAMPLE,
  AUTOSCALING_EXAMPLE,
  BUILDPACKS_EXAMPLE,
  CRON_EXAMPLE,
  ENVIRONMENTS_EXAMPLE,
  ENV_EXAMPLE,
  FORMATION_EXAMPLE,
  HEALTHCHECKS_EXAMPLE,
  SCRIPTS_EXAMPLE,
  STACK_EXAMPLE,
} from "./app-json.ts";
import { APTIBLE_YML_EXAMPLE } from "./aptible-yml.ts";
import { DOTENV_EXAMPLE } from "./dotenv.ts";
import type { Example } from "./example.ts";
import { IGNORE_EXAMPLE } from "./ignore-files.ts";
import { PROCFILE_EXAMPLE } from "./procfile.ts";
import { PROJECT_TOML_EXAMPLE } from "./project-toml.ts";

/** All examples, those of one file together, the file as a whole first. */
export const EXAMPLES: readonly Example[] = [
  PROCFILE_EXAMPLE,
  APP_JSON_EXAMPLE,
  ABOUT_EXAMPLE,
  STACK_EXAMPLE,
  BUILDPACKS_EXAMPLE,
  ENV_EXAMPLE,
  FORMATION_EXAMPLE,
  AUTOSCALING_EXAMPLE,
  ADDONS_EXAMPLE,
  SCRIPTS_EXAMPLE,
  CRON_EXAMPLE,
  HEALTHCHECKS_EXAMPLE,
  ENVIRONMENTS_EXAMPLE,
  PROJECT_TOML_EXAMPLE,
  DOTENV_EXAMPLE,
  APTIBLE_YML_EXAMPLE,
  IGNORE_EXAMPLE,
];

/** The example that answers a key such as `app.json formation` or `Procfile`; case does not count. */
export function findExample(key: string): Example | undefined {
  const wanted = key.trim().toLowerCase();
  const answers = (example: Example): boolean =>
    [example.key, ...(example.covers ?? [])].some((one) => one.toLowerCase() === wanted);
  return EXAMPLES.find(answers);
}
