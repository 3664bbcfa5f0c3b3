import type { Random } from "../../lib/random.ts";
import { readTextIfExists, writeFileAtomic } from "../../lib/files.ts";
import type { Database } from "../../lib/sqlite.ts";
import { PortsideError } from "../../model/error-registry.ts";
import { KEY_BYTES, open, seal } from "./cipher.ts";

const CHECK_NAME = "master_key_check";
const CHECK_CONTEXT = "portside:master-key-check";

/**
 * The key that wraps every app's data key: 64 hex digits in a file of its own, 0600, made at the first start.
 * A missing, malformed or foreign key is a refusal to start (E_MASTER_KEY), never a value. Contract §4.
 */
export function loadMasterKey(path: string, database: Database, random: Random): Buffer {
  const check = database.get<{ value: string }>("SELECT value FROM meta WHERE name = ?", CHECK_NAME);
  const text = readTextIfExists(path)?.trim();
  if (check === undefined && text === undefined) return createMasterKey(path, database, random);
  if (text === undefined) throw new PortsideError("E_MASTER_KEY", { problem: "master.key is missing" });
  if (!/^[0-9a-f]{64}$/.test(text) || /^(.)\1+$/.test(text)) {
    throw new PortsideError("E_MASTER_KEY", { problem: "master.key does not hold 64 random hex digits" });
  }
  const key = Buffer.from(text, "hex");
  if (check === undefined) storeCheck(key, database, random);
  else if (!opens(key, check.value))
    throw new PortsideError("E_MASTER_KEY", { problem: "it was made for another database" });
  return key;
}

function createMasterKey(path: string, database: Database, random: Random): Buffer {
  const key = random.bytes(KEY_BYTES);
  writeFileAtomic(path, `${key.toString("hex")}\n`);
  storeCheck(key, database, random);
  return key;
}

function storeCheck(key: Buffer, database: Database, random: Random): void {
  const box = seal(key, { context: CHECK_CONTEXT, plain: Buffer.from("portside") }, random);
  database.run("INSERT INTO meta VALUES (?, ?)", CHECK_NAME, box.toString("base64"));
}

function opens(key: Buffer, check: string): boolean {
  try {
    return open(key, CHECK_CONTEXT, Buffer.from(check, "base64")).toString() === "portside";
  } catch {
    // A box that does not open is the answer, not an accident.
    return false;
  }
}
