/** A text as a TOML basic string. */
export function quote(text) {
  // JSON escapes all that TOML wants escaped, but for DEL.
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
