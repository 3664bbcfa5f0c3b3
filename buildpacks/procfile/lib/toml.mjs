// A reader for build plans, which lifecycles write in more than one style. It takes every form of TOML 1.0 but keeps
// numbers and dates as text: a plan's commands are texts.

/** A text as a TOML basic string. */
export function quote(text) {
  // JSON escapes all that TOML wants escaped, but for DEL.
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

/** The document as nested objects without prototype. Throws with the line where it is not TOML. */
export function parseToml(text) {
  return new Reader(text).readDocument();
}

const SHORT_ESCAPES = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\" };

class Reader {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text.replaceAll("\r\n", "\n");
  }

  readDocument() {
    const root = Object.create(null);
    let table = root;
    for (this.#skipLines(); this.#at < this.#text.length; this.#skipLines()) {
      if (this.#take("[[")) table = this.#openList(root);
      else if (this.#take("[")) table = this.#openTable(root);
      else this.#readPair(table);
      this.#skipBlanks();
      if (this.#at < this.#text.length && this.#peek() !== "\n") this.#fail("something follows the value");
    }
    return root;
  }

  #openTable(root) {
    const keys = this.#readKeys();
    this.#expect("]");
    return this.#descend(root, keys);
  }

  #openList(root) {
    const keys = this.#readKeys();
    this.#expect("]]");
    const parent = this.#descend(root, keys.slice(0, -1));
    const list = (parent[keys.at(-1)] ??= []);
    if (!Array.isArray(list)) this.#fail(`\`${keys.join(".")}\` is no list`);
    return list[list.push(Object.create(null)) - 1];
  }

  /** The table at a path; of a list, its last element. */
  #descend(table, keys) {
    let inner = table;
    for (const key of keys) {
      inner = inner[key] ??= Object.create(null);
      if (Array.isArray(inner)) inner = inner.at(-1);
      if (typeof inner !== "object" || inner === null) this.#fail(`\`${key}\` is no table`);
    }
    return inner;
  }

  #readPair(table) {
    const keys = this.#readKeys();
    this.#expect("=");
    const parent = this.#descend(table, keys.slice(0, -1));
    const key = keys.at(-1);
    if (key in parent) this.#fail(`\`${key}\` is there twice`);
    parent[key] = this.#readValue();
  }

  #readKeys() {
    const keys = [];
    do {
      this.#skipBlanks();
      const first = this.#peek();
      if (first === '"') keys.push(this.#readBasic());
      else if (first === "'") keys.push(this.#readLiteral());
      else keys.push(this.#match(/[A-Za-z0-9_-]+/y) ?? this.#fail("a key is missing"));
      this.#skipBlanks();
    } while (this.#take("."));
    return keys;
  }

  #readValue() {
    this.#skipBlanks();
    if (this.#take('"""')) return this.#readBasicLines();
    if (this.#take("'''")) return this.#readUntil("'''");
    if (this.#peek() === '"') return this.#readBasic();
    if (this.#peek() === "'") return this.#readLiteral();
    if (this.#take("[")) return this.#readList();
    if (this.#take("{")) return this.#readInlineTable();
    const word = this.#match(/[A-Za-z0-9_.+:-]+(?: \d\d:[0-9.:+Z-]+)?/y) ?? this.#fail("a value is missing");
    if (word === "true" || word === "false") return word === "true";
    return { text: word };
  }

  #readList() {
    const list = [];
    for (this.#skipLines(); !this.#take("]"); this.#skipLines()) {
      list.push(this.#readValue());
      this.#skipLines();
      if (this.#take("]")) break;
      this.#expect(",");
    }
    return list;
  }

  #readInlineTable() {
    const table = Object.create(null);
    for (this.#skipBlanks(); !this.#take("}"); this.#skipBlanks()) {
      this.#readPair(table);
      this.#skipBlanks();
      if (this.#take("}")) break;
      this.#expect(",");
    }
    return table;
  }

  #readLiteral() {
    this.#expect("'");
    return this.#readUntil("'");
  }

  #readBasic() {
    this.#expect('"');
    let text = "";
    while (!this.#take('"')) {
      if (this.#at >= this.#text.length || this.#peek() === "\n") this.#fail("a text is not closed");
      text += this.#readCharacter();
    }
    return text;
  }

  #readBasicLines() {
    this.#take("\n");
    let text = "";
    while (!this.#take('"""')) {
      if (this.#at >= this.#text.length) this.#fail("a text is not closed");
      if (this.#match(/\\[ \t]*\n\s*/y) === undefined) text += this.#readCharacter();
    }
    return text + (this.#match(/"{1,2}/y) ?? "");
  }

  #readCharacter() {
    const character = this.#text[this.#at];
    this.#at += 1;
    if (character !== "\\") return character;
    const code = this.#match(/u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}/y);
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    const short = SHORT_ESCAPES[this.#text[this.#at]] ?? this.#fail("an unknown escape");
    this.#at += 1;
    return short;
  }

  #readUntil(end) {
    if (end.length > 1) this.#take("\n");
    const close = this.#text.indexOf(end, this.#at);
    if (close < 0) this.#fail("a text is not closed");
    const text = this.#text.slice(this.#at, close);
    this.#at = close + end.length;
    return text;
  }

  #skipBlanks() {
    this.#match(/[ \t]+/y);
    if (this.#peek() === "#") this.#match(/[^\n]*/y);
  }

  #skipLines() {
    this.#match(/(?:[ \t\n]|#[^\n]*)+/y);
  }

  #peek() {
    return this.#text[this.#at];
  }

  #take(token) {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #expect(token) {
    this.#skipBlanks();
    if (!this.#take(token)) this.#fail(`\`${token}\` is missing`);
  }

  #match(pattern) {
    pattern.lastIndex = this.#at;
    const [text] = pattern.exec(this.#text) ?? [];
    if (text === undefined) return undefined;
    this.#at += text.length;
    return text;
  }

  #fail(problem) {
    const line = this.#text.slice(0, this.#at).split("\n").length;
    throw new Error(`the build plan is not TOML: line ${line}: ${problem}`);
  }
}
