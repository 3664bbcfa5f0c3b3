// Ranges of Node versions as npm, nvm and nodenv write them. Pre-releases are never chosen.

/** `[major, minor, patch]` of a full version, with or without `v`; undefined for everything else, pre-releases too. */
export function parseVersion(text) {
  const match = /^v?(\d+)\.(\d+)\.(\d+)$/.exec(text);
  return match === null ? undefined : match.slice(1).map(Number);
}

// Names of the long-term lines, by place: argon is 4, boron 6, and so on.
const CODENAMES = "argon boron carbon dubnium erbium fermium gallium hydrogen iron jod krypton".split(" ");

/** A predicate over `[major, minor, patch]`. Throws when the text is no range. */
export function parseRange(text) {
  const alternatives = text.split("||").map((part) => parseAlternative(part.trim()));
  return (version) => alternatives.some((fits) => fits(version));
}

/** The newest of the version texts that fits, or undefined. */
export function newestFitting(versions, fits) {
  const known = versions.flatMap((text) => {
    const version = parseVersion(text);
    return version !== undefined && fits(version) ? [{ text, version }] : [];
  });
  return known.sort((a, b) => compare(b.version, a.version))[0]?.text;
}

function parseAlternative(text) {
  const word = text.toLowerCase();
  if (["", "*", "x", "latest", "node", "current", "stable"].includes(word)) return () => true;
  if (word === "lts" || word === "lts/*") return ([major]) => major % 2 === 0;
  const named = /^lts[/-]([a-z]+)$/.exec(word);
  const line = named === null ? -1 : CODENAMES.indexOf(named[1]);
  if (line >= 0) return ([major]) => major === 4 + 2 * line;
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(text);
  if (hyphen !== null) return both(comparator(">=", hyphen[1]), comparator("<=", hyphen[2]));
  const comparators = text
    .replace(/([<>=~^]+)\s+/g, "$1")
    .split(/\s+/)
    .map(parseComparator);
  return (version) => comparators.every((fits) => fits(version));
}

function parseComparator(text) {
  const match = /^(>=|<=|>|<|=|\^|~>|~)?(.*)$/.exec(text);
  return comparator(match[1] ?? "", match[2]);
}

function comparator(operator, text) {
  const match = /^v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?$/.exec(text);
  if (match === null) throw new Error(`\`${text}\` is not a version`);
  const parts = match.slice(1).map((part) => (part === undefined || /[xX*]/.test(part) ? undefined : Number(part)));
  const known = parts.findIndex((part) => part === undefined);
  const given = known < 0 ? 3 : known;
  const low = parts.map((part, index) => (index < given ? part : 0));
  const above = given === 0 ? [Infinity, 0, 0] : bump(low, given - 1);
  switch (operator) {
    case ">=":
      return (version) => compare(version, low) >= 0;
    case "<":
      return (version) => compare(version, low) < 0;
    case ">":
      return (version) => compare(version, given === 3 ? next(low) : above) >= 0;
    case "<=":
      return (version) => compare(version, given === 3 ? next(low) : above) < 0;
    case "^":
      return between(low, given === 0 ? above : bump(low, caretPlace(low, given)));
    case "~":
    case "~>":
      return between(low, given === 0 ? above : bump(low, Math.min(1, given - 1)));
    default:
      return between(low, given === 3 ? next(low) : above);
  }
}

/** The leftmost part that is not zero, or the last one given. */
function caretPlace(low, given) {
  const place = low.findIndex((part) => part > 0);
  return place < 0 ? given - 1 : place;
}

function bump(version, place) {
  return version.map((part, index) => (index < place ? part : index === place ? part + 1 : 0));
}

function next([major, minor, patch]) {
  return [major, minor, patch + 1];
}

function between(low, above) {
  return (version) => compare(version, low) >= 0 && compare(version, above) < 0;
}

function both(one, other) {
  return (version) => one(version) && other(version);
}

function compare(a, b) {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
