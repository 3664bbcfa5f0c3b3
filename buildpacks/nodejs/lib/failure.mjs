/** Something the app's author must change. Its message is the last thing the build prints. */
export class Failure extends Error {}

/** A program that already printed why it failed: nothing is added. */
export class ProgramFailure extends Error {
  constructor(exitCode) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}
