import type { Example } from "./example.ts";

/** `.aptible.yml`. Contract §6. */
export const APTIBLE_YML_EXAMPLE: Example = {
  key: ".aptible.yml",
  title: ".aptible.yml: commands around a deploy",
  file: ".aptible.yml",
  page: "aptible-yml.md",
  about: `Lists of commands, each run in order in a one-off of the new release. Only \`before_deploy\` (once called \`before_release\`) can stop a deploy;
a failure of the others is a warning.`,
  text: `# After the release command of the Procfile, before the new release serves.
before_deploy:
  - bin/migrate
  - bin/warm-cache --all

after_deploy_success:
  - 'bin/notify "deployed: $SOURCE_VERSION"' # quotes, since a colon and a blank mean something in YAML
after_deploy_failure: [bin/notify failed]
after_restart_success: []
after_configure_success:
  - bin/reload
after_scale_failure:
  - bin/notify "scaling failed"
`,
};
