/**
 * Cache-Control of a file: a year for names that build tools derive from the content, else "ask again", which an ETag
 * makes cheap.
 */
export function cachePolicy(path) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return isHashed(name) ? "public, max-age=31536000, immutable" : "no-cache";
}

/** `main.3f2a1b4c.js`, `index-BkH2xQ0p.css`; never a page, a date or a word. */
function isHashed(name) {
  if (/\.html?$/i.test(name)) return false;
  const [, hash] = /[.-]([A-Za-z0-9_-]{8,64})(?:\.[A-Za-z0-9]+){1,3}$/.exec(name) ?? [];
  if (hash === undefined) return false;
  return [hash, hash.slice(hash.lastIndexOf("-") + 1)].some(isHash);
}

function isHash(text) {
  if (text.length < 8 || !/[0-9]/.test(text)) return false;
  return /^(?=.*[a-f])[0-9a-f]+$/.test(text) || /^(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9_-]+$/.test(text);
}
