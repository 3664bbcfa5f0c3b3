const LINE_BYTES_MAX = 65_536;

/** Go's `bufio.Scanner`: lines without LF and one CR before it; nothing when a line is longer than it holds. */
export function goLines(raw: string): readonly string[] | undefined {
  const lines = raw.split("\n").map((line) => line.replace(/\r$/, ""));
  if (lines.at(-1) === "") lines.pop();
  return lines.some((line) => Buffer.byteLength(line) >= LINE_BYTES_MAX) ? undefined : lines;
}

const SPACE = /[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]/;

/** Go's `strings.TrimSpace`: Unicode's white space, which a byte-order mark is not. */
export function trimLikeGo(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACE.test(text[start] ?? "")) start += 1;
  while (end > start && SPACE.test(text[end - 1] ?? "")) end -= 1;
  return text.slice(start, end);
}
