import { accessSync, chmodSync, constants, mkdirSync } from "node:fs";
import { PortsideError } from "../model/error-registry.ts";
import type { Home } from "../model/home.ts";
import { readTextIfExists, writeFileAtomic } from "../lib/files.ts";
import { randomHex, type Random } from "../lib/random.ts";
import { secret, type Secret } from "../lib/secret.ts";

const TOKEN_BYTES = 32;

/** Makes the home's directories, for this user only. Errors: E_HOME_UNUSABLE. */
export function prepareHome(home: Home): void {
  try {
    for (const path of [
      home.root,
      home.sources,
      home.artifacts,
      home.buildCache,
      home.buildpacks,
      home.images,
      home.buildConfig,
      home.instances,
      home.edge,
    ]) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    }
    chmodSync(home.root, 0o700);
    accessSync(home.root, constants.W_OK);
  } catch (error) {
    throw new PortsideError("E_HOME_UNUSABLE", {
      path: home.root,
      problem: error instanceof Error ? error.message : String(error),
    });
  }
}

/** The API's bearer token: made once, `ptk_` and 64 hex digits. Security rules 5 and 8. */
export function loadApiToken(path: string, random: Random): Secret {
  const held = readTextIfExists(path)?.trim();
  if (held !== undefined && /^ptk_[0-9a-f]{64}$/.test(held)) return secret(held);
  const token = `ptk_${randomHex(random, TOKEN_BYTES)}`;
  writeFileAtomic(path, `${token}\n`);
  return secret(token);
}
