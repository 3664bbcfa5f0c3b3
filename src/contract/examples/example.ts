/**
 * An annotated example of a file or of one of its keys: the manual prints it, its parser's test reads it, the schema carries it.
 * Written in this folder. Read by the manual pages, the schema and `portside docs`.
 */
export type Example = {
  /** What it is asked for by: the file, or the file and a key (`app.json formation`). */
  readonly key: string;
  /** Further keys that it answers. */
  readonly covers?: readonly string[];
  /** The part of a key that it is about, as the manual's tables name it; without it the whole key. */
  readonly under?: string;
  readonly title: string;
  /** Name of the file it would stand in. */
  readonly file: string;
  /** Name of its manual page. */
  readonly page: string;
  /** What it is about, in Markdown. */
  readonly about: string;
  /** The file's text, whole and valid. */
  readonly text: string;
};
