import type { Example } from "./example.ts";

/** `.env`. D40, D41. */
export const DOTENV_EXAMPLE: Example = {
  key: ".env",
  title: ".env: variables of a local run",
  file: ".env",
  page: "dotenv.md",
  about: `One variable a line, read by a local run. Nothing is expanded: \`$NAME\` stays as it is written.
A name given again counts from its last line. \`PORT\` is the base port of the local run.`,
  text: `# A bare value goes to the end of the line; a # after a blank begins a comment.
NODE_ENV=development
DATABASE_URL=postgres://localhost/shop # the local one
COLOR=#336699

# Quotes keep blanks. In double quotes \\n is a line break; no quote can be escaped, so use another kind.
GREETING="Hello\\nand welcome"
PATTERN='^\\w+ "quoted"$'

# A quoted value may go over several lines.
PUBLIC_KEY="-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL
-----END PUBLIC KEY-----"

# A leading export is for shells that read the file, and means nothing.
export PORT=5000
`,
};
