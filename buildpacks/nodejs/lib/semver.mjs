// Versions and ranges as npm, nvm and nodenv write them. A pre-release fits only a comparator that names one of the same number.

/** `[major, minor, patch]`, and the pre-release parts as a fourth element where there are any; undefined for other texts. */
export function parseVersion(text) {
  const match = /^\s*[v=]*(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\s*$/.exec(text);
  if (match === null) return undefined;
  const numbers = match.slice(1, 4).map(Number);
  return match[4] === undefined ? numbers : [...numbers, preRelease(match[4])];
}

/** The text of a version. */
export function formatVersion([major, minor, patch, pre]) {
  return `${major}.${minor}.${patch}${pre === undefined ? "" : `-${pre.join(".")}`}`;
}

// Names of the long-term lines of Node, by place: argon is 4, boron 6, and so on.
const CODENAMES = "argon boron carbon dubnium erbium fermium gallium hydrogen iron jod krypton".split(" ");

/** A predicate over versions. Throws when the text is no range. */
export function parseRange(text) {
  const alternatives = text.split("||").map((part) => parseAlternative(part.trim()));
  return (version) => alternatives.some((fits) => fits(version));
}

/** The newest of the version texts that fits, or undefined. */
export function newestFitting(texts, fits) {
  return sorted(texts).findLast(({ version }) => fits(version))?.text;
}

/** Up to `count` version texts on each side of the first version that the range names, in order: what exists near it. */
export function nearest(texts, range, count) {
  const named = /\d+(?:\.\d+){0,2}/.exec(range)?.[0] ?? "0";
  const middle = parseVersion([...named.split("."), "0", "0"].slice(0, 3).join(".")) ?? [0, 0, 0];
  const known = sorted(texts).filter(({ version }) => version[3] === undefined);
  const below = known.filter(({ version }) => compare(version, middle) < 0).slice(-count);
  const above = known.filter(({ version }) => compare(version, middle) >= 0).slice(0, count);
  return [...below, ...above].map(({ text }) => text);
}

function sorted(texts) {
  return texts
    .flatMap((text) => {
      const version = parseVersion(text);
      return version === undefined ? [] : [{ text, version }];
    })
    .sort((a, b) => compare(a.version, b.version));
}

function parseAlternative(text) {
  const named = namedLine(text.toLowerCase());
  if (named !== undefined) return (version) => version[3] === undefined && named(version);
  const comparators = comparatorsOf(text);
  const preReleasesOf = comparators.flatMap(({ version }) => (version[3] === undefined ? [] : [version]));
  return (version) =>
    comparators.every(({ fits }) => fits(version)) &&
    (version[3] === undefined || preReleasesOf.some((one) => compareNumbers(one, version) === 0));
}

/** The words that stand for a line of releases. The even majors are the long-term ones. */
function namedLine(word) {
  if (["", "*", "x", "latest", "node", "current", "stable"].includes(word)) return () => true;
  if (word === "lts" || word === "lts/*") return ([major]) => major % 2 === 0;
  const codename = /^lts[/-]([a-z]+)$/.exec(word)?.[1];
  const line = codename === undefined ? -1 : CODENAMES.indexOf(codename);
  return line < 0 ? undefined : ([major]) => major === 4 + 2 * line;
}

function comparatorsOf(text) {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(text);
  if (hyphen !== null) return [comparator(">=", hyphen[1]), comparator("<=", hyphen[2])];
  return text
    .replace(/([<>=~^]+)\s+/g, "$1")
    .split(/[\s,]+/)
    .map((word) => {
      const match = /^(>=|<=|>|<|=|\^|~>|~)?(.*)$/.exec(word);
      return comparator(match[1] ?? "", match[2]);
    });
}

const PART = "(\\d+|[xX*])";
const PARTIAL = new RegExp(`^[v=]*${PART}(?:\\.${PART}(?:\\.${PART}(?:-([0-9A-Za-z.-]+))?(?:\\+[0-9A-Za-z.-]+)?)?)?$`);

/** `{ fits, version }` of one comparator; `version` is the lowest it names, with its pre-release. */
function comparator(operator, text) {
  const match = PARTIAL.exec(text);
  if (match === null) throw new Error(`\`${text}\` is not a version`);
  const parts = match.slice(1, 4).map((part) => (part === undefined || /[xX*]/.test(part) ? undefined : Number(part)));
  const known = parts.findIndex((part) => part === undefined);
  const given = known < 0 ? 3 : known;
  const numbers = parts.map((part, index) => (index < given ? part : 0));
  const low = given === 3 && match[4] !== undefined ? [...numbers, preRelease(match[4])] : numbers;
  return { version: low, fits: predicateOf(operator, { low, numbers, given }) };
}

function predicateOf(operator, { low, numbers, given }) {
  const above = given === 0 ? [Infinity, 0, 0] : bump(numbers, given - 1);
  const isExact = given === 3;
  switch (operator) {
    case ">=":
      return (version) => compare(version, low) >= 0;
    case "<":
      return (version) => compare(version, isExact ? low : beforePreReleases(low)) < 0;
    case ">":
      return isExact ? (version) => compare(version, low) > 0 : (version) => compare(version, above) >= 0;
    case "<=":
      return isExact ? (version) => compare(version, low) <= 0 : (version) => compare(version, above) < 0;
    case "^":
      return between(low, given === 0 ? above : bump(numbers, caretPlace(numbers, given)));
    case "~":
    case "~>":
      return between(low, given === 0 ? above : bump(numbers, Math.min(1, given - 1)));
    default:
      return isExact ? (version) => compare(version, low) === 0 : between(low, above);
  }
}

/** The leftmost part that is not zero, or the last one given. */
function caretPlace(numbers, given) {
  const place = numbers.findIndex((part) => part > 0);
  return place < 0 ? given - 1 : place;
}

function bump(numbers, place) {
  return numbers.map((part, index) => (index < place ? part : index === place ? part + 1 : 0));
}

function between(low, above) {
  return (version) => compare(version, low) >= 0 && compare(version, beforePreReleases(above)) < 0;
}

function beforePreReleases(numbers) {
  return [...numbers, [0]];
}

function preRelease(text) {
  return text.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function compare(a, b) {
  return compareNumbers(a, b) || comparePreReleases(a[3], b[3]);
}

function compareNumbers(a, b) {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** None is newer than any; numbers come before words; the longer of two otherwise equal ones is newer. */
function comparePreReleases(a, b) {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const order = comparePart(a[index], b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function comparePart(a, b) {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a < b ? -1 : 1;
}
