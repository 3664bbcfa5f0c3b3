/**
 * What `bin/release` prints: a YAML document of maps one level deep. Gives `{ default_process_types, config_vars, addons }`,
 * maps and a list of texts, empty where absent. Reads the YAML that classic buildpacks print: plain, quoted and block texts,
 * plain texts folded over lines, `{}` and `[]`. Throws with the line for anything else, since a process must not get lost.
 */
export function parseRelease(text) {
  const release = { default_process_types: new Map(), config_vars: new Map(), addons: [] };
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const reader = { lines, at: 0 };
  while (reader.at < lines.length) {
    const line = lines[reader.at];
    if (isEmpty(line) || /^(?:---|\.\.\.)\s*$/.test(line)) {
      reader.at += 1;
      continue;
    }
    const match = /^(---\s+)?([A-Za-z_]+):(?:\s+(.*))?$/.exec(line);
    if (match === null) {
      if (/^(?:---\s*)?\{\s*\}\s*$/.test(line)) reader.at += 1;
      else fail(reader, "a key is missing");
      continue;
    }
    readSection(reader, release, { key: match[2], rest: stripComment(match[3] ?? "") });
  }
  return release;
}

function readSection(reader, release, { key, rest }) {
  reader.at += 1;
  const target = release[key];
  if (rest !== "" && !/^(?:\{\s*\}|\[\s*\]|~|null)$/.test(rest)) {
    reader.at -= 1;
    fail(reader, `\`${key}\` is written in a form that is not read here`);
  }
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at];
    if (isEmpty(line)) reader.at += 1;
    else if (/^\s*- /.test(line) && (target === undefined || Array.isArray(target))) {
      target?.push(scalar(reader, line.replace(/^\s*- +/, "")));
      reader.at += 1;
    } else if (/^\s/.test(line)) {
      if (target === undefined || Array.isArray(target)) reader.at += 1;
      else target.set(...readPair(reader));
    } else return;
  }
}

function readPair(reader) {
  const line = reader.lines[reader.at];
  const match = /^(\s+)(?:"([^"\\]*)"|'([^']*)'|([^\s:'"][^:]*?))\s*:(?:\s+(.*))?$/.exec(line);
  if (match === null) fail(reader, "it is no `name: text`");
  const indent = match[1].length;
  const name = match[2] ?? match[3] ?? match[4];
  const first = match[5] ?? "";
  const block = /^([|>])[-+]?\s*(?:#.*)?$/.exec(first);
  if (block !== null) {
    reader.at += 1;
    return [name, readBlock(reader, indent, block[1] === "|" ? "\n" : " ")];
  }
  // A text that is too long for its writer goes on in deeper lines.
  let whole = first;
  while (reader.at + 1 < reader.lines.length && indentOf(reader.lines[reader.at + 1]) > indent) {
    reader.at += 1;
    whole += ` ${reader.lines[reader.at].trim()}`;
  }
  const value = scalar(reader, whole.trim());
  reader.at += 1;
  return [name, value];
}

function readBlock(reader, indent, joint) {
  const block = [];
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at];
    if (line.trim() !== "" && indentOf(line) <= indent) break;
    block.push(line);
    reader.at += 1;
  }
  const own = Math.min(...block.filter((line) => line.trim() !== "").map(indentOf));
  return block
    .map((line) => line.slice(own))
    .join(joint)
    .trim();
}

function scalar(reader, text) {
  if (text.startsWith('"')) {
    const match = /^("(?:[^"\\]|\\.)*")\s*(?:#.*)?$/.exec(text);
    try {
      return JSON.parse(match[1]);
    } catch {
      return fail(reader, "its double quotes are not read here");
    }
  }
  if (text.startsWith("'")) {
    const match = /^'((?:[^']|'')*)'\s*(?:#.*)?$/.exec(text);
    return match === null ? fail(reader, "a quote is not closed") : match[1].replaceAll("''", "'");
  }
  if (/^[[{&*!%@`|>]/.test(text)) fail(reader, "its value is written in a form that is not read here");
  return stripComment(text);
}

function stripComment(text) {
  return text.replace(/(?:^|\s+)#.*$/, "").trim();
}

function indentOf(line) {
  return line.trim() === "" ? 0 : line.length - line.trimStart().length;
}

function isEmpty(line) {
  return /^\s*(?:#.*)?$/.test(line);
}

function fail(reader, problem) {
  throw new Error(`bin/release: line ${reader.at + 1} of what it prints: ${problem}: ${reader.lines[reader.at]}`);
}
