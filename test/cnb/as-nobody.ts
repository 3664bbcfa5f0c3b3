// The lifecycle's program for tests that run as root: gives up root's rights first, after everything was read that an
// unprivileged user might not be allowed to read.
import { runLifecycle } from "../../src/build/phases/main.ts";

const NOBODY = 65_534;

process.setgroups?.([NOBODY]);
process.setgid?.(NOBODY);
process.setuid?.(NOBODY);
process.exitCode = await runLifecycle(process);
