const UNITS_MAX = 60;
const PATH_UNITS_MAX = 300;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/**
 * A piece of a user's file, fit to stand in a message: blanks around it dropped, cut at 60 characters (or `unitsMax`),
 * control and formatting characters written as `\u{…}` so that no terminal obeys them.
 */
export function shownText(raw: string, unitsMax = UNITS_MAX): string {
  const text = raw.trim();
  const cut = text.length > unitsMax ? `${text.slice(0, unitsMax - 1)}…` : text;
  return cut.replaceAll(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A path or link target, shown whole where that is bearable. */
export function shownPath(path: string): string {
  return shownText(path, PATH_UNITS_MAX);
}
