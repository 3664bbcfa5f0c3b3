import { lastMatch, type Diagnosis } from "./diagnosis.ts";

/** The file is there, but nobody may execute it. */
export const notExecutable: Diagnosis = {
  id: "not-executable",
  find: ({ exit, lines, script }) => {
    if (exit?.code !== 126) return undefined;
    const said = lastMatch(lines, /permission denied|cannot execute|is a directory/i);
    const [, named] =
      /(?:^|[\s'‘`])((?:\.{0,2}\/)?[\w./-]+)['’]?: (?:Permission denied|cannot execute|Is a directory)/i.exec(
        said?.line ?? "",
      ) ?? [];
    const file = script?.path ?? named;
    return {
      problem: file === undefined ? "its command cannot be executed (exit code 126)" : `\`${file}\` is not executable`,
      advice:
        "Make it executable and commit that (`chmod +x FILE`, `git update-index --chmod=+x FILE`), or name its interpreter in the command.",
      ...(said === undefined ? {} : { seen: said.line }),
    };
  },
};
