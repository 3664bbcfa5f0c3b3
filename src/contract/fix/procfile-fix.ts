import type { Fix, FixedText } from "./fixed-text.ts";

const BYTE_ORDER_MARKS = /^\uFEFF+/;
const SLASH_COMMENT = /^(\s*)\/\//;
// oxlint-disable-next-line no-control-regex -- NUL is what this looks for
const FORBIDDEN = /[\r\0]/;

/**
 * A Procfile without byte-order mark, with LF line ends, its `//` comments with `#`. Line ends stay when a carriage return ends no
 * line: nobody knows what that one means.
 */
export function fixProcfile(before: string): FixedText {
  const fixes: Fix[] = [];
  let text = before.replace(BYTE_ORDER_MARKS, "");
  if (text !== before) fixes.push({ line: 1, text: "byte-order mark removed" });
  if (text.includes("\r\n") && !/\r(?!\n)/.test(text)) {
    const line = text.slice(0, text.indexOf("\r\n")).split("\n").length;
    text = text.replaceAll("\r\n", "\n");
    fixes.push({ line, text: "CRLF line ends became LF" });
  }
  const lines = text.split("\n").map((line, index) => {
    const content = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (!SLASH_COMMENT.test(content) || FORBIDDEN.test(content)) return line;
    fixes.push({ line: index + 1, text: "`//` comment became a `#` comment" });
    return line.replace(SLASH_COMMENT, "$1#");
  });
  return { after: lines.join("\n"), fixes };
}
