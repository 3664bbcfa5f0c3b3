import type { Example } from "./example.ts";

/** `.portsideignore` and `.slugignore`. Contract §1. */
export const IGNORE_EXAMPLE: Example = {
  key: ".portsideignore",
  covers: [".slugignore"],
  title: ".portsideignore and .slugignore: what is no part of the source",
  file: ".portsideignore",
  page: "ignore-files.md",
  about: `Patterns as in \`.gitignore\`, read at the root, after it: \`.gitignore\` of every folder, then \`.slugignore\`, then \`.portsideignore\`.
The last match counts. \`.git\`, \`.portside\` and \`node_modules\` beside a package.json are always left out.`,
  text: `# A folder, wherever it stands.
docs/
# Files by ending.
*.psd
# Only at the root.
/notes.md
# Bring back what .gitignore leaves out.
!dist/
`,
};
