/** What a terminal or a page could obey instead of showing: C0 (tab and line feed stay), C1, bidirectional controls, line separators. */
// oxlint-disable-next-line no-control-regex -- finding control characters is the point.
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text with control and direction characters written out (`\u001b`), so that it can be shown but not obeyed. */
export function visibleText(text: string): string {
  return text.replaceAll(OBEYED, escapeUnit);
}

/** A stranger's text on one line, at most `charsMax` characters of it and then `…`, with control characters written out. */
export function visibleExcerpt(text: string, charsMax = 80): string {
  const cut = text.length > charsMax ? `${text.slice(0, charsMax).toWellFormed()}…` : text.toWellFormed();
  return visibleText(cut).replaceAll(/[\t\n]/g, escapeUnit);
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
