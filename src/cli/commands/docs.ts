import type { Example } from "../../contract/examples/example.ts";
import { closest } from "../../lib/similar.ts";
import type { CommandContext, CommandInput } from "../command.ts";
import { usageError } from "../failure.ts";
import { formatFacts } from "../output/table.ts";
import { wrap } from "../output/text.ts";

const COLUMNS_MAX = 100;

/** `portside docs`: the annotated example of a file or key, or the list of them. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { EXAMPLES, findExample } = await import("../../contract/examples/examples.ts");
  const wanted = input.arguments.join(" ").trim();
  if (wanted === "") return showList(context, EXAMPLES);
  // A key of app.json is mostly asked for by its own name.
  const example = findExample(wanted) ?? findExample(`app.json ${wanted}`);
  if (example === undefined) throw unknownKey(wanted, EXAMPLES);
  return showExample(context, example);
}

function showList({ screen }: CommandContext, examples: readonly Example[]): number {
  const documents = examples.map(({ key, covers = [], title, page }) => ({ key, covers, title, page: pageOf(page) }));
  screen.result(documents, () => [
    ...formatFacts(
      screen.style,
      examples.map(({ key, title }) => [key, title]),
    ),
    "",
    "`portside docs KEY` shows the example of one, as in `portside docs app.json formation`.",
  ]);
  return 0;
}

function showExample({ screen }: CommandContext, example: Example): number {
  const { key, covers = [], title, file, page, about, text } = example;
  const { style } = screen;
  const columns = Math.min(screen.columns ?? COLUMNS_MAX, COLUMNS_MAX);
  screen.result({ key, covers, title, file, page: pageOf(page), about, text }, () => [
    style.bold(title),
    "",
    ...about.split(/\n{2,}/).flatMap((paragraph) => [...wrap(paragraph.replaceAll(/\s*\n/g, " "), columns), ""]),
    style.dim(file),
    ...text
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line}`.trimEnd()),
    "",
    style.dim(`see ${pageOf(page)}`),
  ]);
  return 0;
}

function pageOf(page: string): string {
  return `docs/reference/files/${page}`;
}

function unknownKey(wanted: string, examples: readonly Example[]): Error {
  const keys = examples.flatMap(({ key, covers = [] }) => [key, ...covers]);
  const near = closest(wanted, keys) ?? closest(`app.json ${wanted}`, keys);
  const hint = near === undefined ? "`portside docs` lists the keys." : `Did you mean \`portside docs ${near}\`?`;
  return usageError(`There is no example for \`${wanted}\`.`, hint);
}
