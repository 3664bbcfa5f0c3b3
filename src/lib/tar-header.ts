/**
 * One entry of a tar. Names and link targets are binary strings: one character a byte, so that any file name of the disk
 * goes through unchanged and `<` sorts by bytes.
 */
export type TarEntry = {
  readonly name: string;
  readonly kind: "file" | "directory" | "link";
  /** Permission bits, set-id and sticky included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of the content that follows; 0 but for files. */
  readonly sizeBytes: number;
  readonly mtimeS: number;
  /** Of a link, word for word. */
  readonly linkTarget?: string;
};

const BLOCK_BYTES = 512;
const NAME_BYTES_MAX = 100;
const OCTAL_7_MAX = 0o7777777;
const SIZE_MAX = 0o77777777777;
const TYPE_FLAGS = { file: "0", link: "2", directory: "5" } as const;

/** What stands at the end of every tar. */
export const TAR_END_BYTES = 2 * BLOCK_BYTES;

/** Zero bytes after content of that size. */
export function tarPaddingBytes(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** The entry's header: ustar, behind a pax header where ustar has no room for it. The same entry gives the same bytes. */
export function encodeTarHeader(entry: TarEntry): Buffer {
  const records = paxRecords(entry);
  const header = ustarHeader(entry, TYPE_FLAGS[entry.kind]);
  if (records.length === 0) return header;
  const body = Buffer.from(records.join(""), "latin1");
  const pax = { ...entry, name: "PaxHeaders.0/entry", sizeBytes: body.length, mode: 0o644, linkTarget: "" };
  const padding = Buffer.alloc(tarPaddingBytes(body.length));
  return Buffer.concat([ustarHeader({ ...pax, uid: 0, gid: 0 }, "x"), body, padding, header]);
}

function paxRecords({ name, linkTarget = "", sizeBytes, uid, gid }: TarEntry): string[] {
  const records: string[] = [];
  if (needsPax(name)) records.push(paxRecord("path", name));
  if (needsPax(linkTarget)) records.push(paxRecord("linkpath", linkTarget));
  if (sizeBytes > SIZE_MAX) records.push(paxRecord("size", String(sizeBytes)));
  if (uid > OCTAL_7_MAX) records.push(paxRecord("uid", String(uid)));
  if (gid > OCTAL_7_MAX) records.push(paxRecord("gid", String(gid)));
  return records;
}

function needsPax(text: string): boolean {
  return text.length > NAME_BYTES_MAX || /[^ -~]/.test(text);
}

/** `30 path=…\n`: the number counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function ustarHeader(entry: TarEntry, typeFlag: string): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const text = (value: string, offset: number, bytesMax: number): number =>
    header.write(value.slice(0, bytesMax), offset, "latin1");
  const octal = (value: number, offset: number, digits: number): number =>
    text(value.toString(8).padStart(digits, "0"), offset, digits);
  text(entry.name, 0, NAME_BYTES_MAX);
  octal(entry.mode, 100, 7);
  octal(entry.uid > OCTAL_7_MAX ? 0 : entry.uid, 108, 7);
  octal(entry.gid > OCTAL_7_MAX ? 0 : entry.gid, 116, 7);
  octal(entry.sizeBytes > SIZE_MAX ? 0 : entry.sizeBytes, 124, 11);
  octal(entry.mtimeS, 136, 11);
  text(typeFlag, 156, 1);
  text(entry.linkTarget ?? "", 157, NAME_BYTES_MAX);
  text("ustar\0" + "00", 257, 8);
  // The sum counts its own field as blanks.
  header.fill(" ", 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  octal(sum, 148, 6);
  header[154] = 0;
  return header;
}
