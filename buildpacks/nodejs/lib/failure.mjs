/** Why the build cannot go on, and what its author can do. Both are the last lines the build prints, marked with `!`. */
export class Failure extends Error {
  constructor(message, { hint, exitCode = 1 } = {}) {
    super(message);
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** Something worth knowing that does not stop the build. */
export function warn(message) {
  console.log(`Warning: ${message}`);
}
