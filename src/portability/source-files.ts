/** The texts of an app's files by their path from the source root. A path that is absent means: there is no such file. */
export type SourceFiles = ReadonlyMap<string, string>;

/**
 * The files that the check looks at; give it those that exist. Of `.aptible.yml`, `.buildpacks` and `heroku.yml` only the
 * existence matters. When apppack.toml names another Dockerfile (`build.dockerfile`), give that file too, under its path.
 */
export const PORTABILITY_FILES = [
  "Procfile",
  "app.json",
  "project.toml",
  "Dockerfile",
  "apppack.toml",
  ".aptible.yml",
  ".buildpacks",
  "heroku.yml",
] as const;
