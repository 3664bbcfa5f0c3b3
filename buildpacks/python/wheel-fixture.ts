import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** A distribution to make a wheel of: its files by path, its requirements, its console scripts (`name = "module:function"`). */
export type Distribution = {
  readonly name: string;
  readonly version: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly requires?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
};

/** The name pip expects the file to have: pure Python for any platform. */
export function wheelName({ name, version }: Distribution): string {
  return `${name.replaceAll("-", "_")}-${version}-py3-none-any.whl`;
}

/** The bytes of a wheel, so that tests need neither a network nor a build tool. For tests. */
export function makeWheel(distribution: Distribution): Uint8Array {
  const { name, version, requires = [], scripts = {} } = distribution;
  const info = `${name.replaceAll("-", "_")}-${version}.dist-info`;
  const needs = requires.map((line) => `Requires-Dist: ${line}\n`).join("");
  const entries = Object.entries(scripts).map(([script, target]) => `${script} = ${target}\n`);
  const files: Record<string, string | Uint8Array> = {
    ...distribution.files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${needs}`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/entry_points.txt`]: `[console_scripts]\n${entries.join("")}`,
  };
  const record = Object.entries(files).map(([path, content]) => {
    const hash = createHash("sha256").update(content).digest("base64url");
    return `${path},sha256=${hash},${Buffer.byteLength(content)}\n`;
  });
  return zip({ ...files, [`${info}/RECORD`]: `${record.join("")}${info}/RECORD,,\n` });
}

/** A zip archive with nothing compressed. */
function zip(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(files)) {
    const [name, data] = [Buffer.from(path), Buffer.from(content)];
    const fields = Buffer.alloc(26);
    // Version, flags (names are UTF-8), stored; 1 January 1980.
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800, 2);
    fields.writeUInt16LE(0x21, 8);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from("PK\x03\x04"), fields, name, data);
    const rest = Buffer.alloc(14);
    // Attributes: a regular file that all may read.
    rest.writeUInt32LE((0o100644 << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\x03"), fields, rest, name);
    offset += 30 + name.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  const count = Object.keys(files).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, central, Buffer.from("PK\x05\x06"), end]);
}
