import { createHash } from "node:crypto";
import type { Owner } from "../../lib/tree-owner.ts";

// Between the ranges that systemd gives to containers (up to 1,879,048,191) and the numbers that older programs take for negative.
const UID_FIRST = 1_900_000_000;
const UID_COUNT = 200_000_000;

/**
 * The user that builds of an app run as: a number of its own, the same at every build, without an entry in passwd. Two of a thousand
 * apps share one with a chance of 0.25 %; even then each build sees its own directory alone. `home` sets installations apart.
 */
export function buildOwner(home: string, app: string): Owner {
  const hash = createHash("sha256").update(`${home}\0${app}`).digest();
  const uid = UID_FIRST + (hash.readUInt32BE(0) % UID_COUNT);
  return { uid, gid: uid };
}
