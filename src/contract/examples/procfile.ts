import type { Example } from "./example.ts";

/** The Procfile. Contract §2. */
export const PROCFILE_EXAMPLE: Example = {
  key: "Procfile",
  title: "Procfile: the process types and their commands",
  file: "Procfile",
  page: "procfile.md",
  about: `One entry a line: a name, a colon, a command. The name has letters, digits, and \`-\` or \`_\` between them, at most 63 of them.
The command is kept byte for byte and given to a shell, so pipes, \`&&\`, quotes and \`\${PORT:-3000}\` work; it does not go over several lines.

\`web\` gets \`PORT\` and the app's routes. \`release\` runs once before each release and is never scaled. All other names are free.`,
  text: `# Serves HTTP. It must listen on 0.0.0.0 and on the port in PORT.
web: bin/server --port "$PORT"

# Works in the background. It runs once somebody scales it, or formation in app.json says so.
worker: bin/worker --queue default,mail

# Runs before each release; when it fails, the old release goes on serving.
release: bin/migrate && bin/check
`,
};
