/** Where a value of a TOML text stands: its key, itself, and what is inside it. A table named by headers has those inside in any order. */
export type TomlPlace = {
  readonly key: number;
  readonly value: number;
  readonly members: Map<string, TomlPlace>;
  readonly items: TomlPlace[];
};

/**
 * Offsets of the keys and values of a TOML text that a parser has accepted; values themselves are not judged.
 * Of any other text the offsets mean nothing, but lie inside it. Never throws on depths that the parser has bounded.
 */
export function tomlPlaces(text: string): TomlPlace {
  return new Scanner(text).scan();
}

type Key = { readonly name: string; readonly at: number };

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): TomlPlace {
    const root = placeAt(0, 0);
    let table = root;
    for (this.#skipVoid(); this.#at < this.#text.length; this.#skipVoid()) {
      if (this.#text[this.#at] === "[") table = this.#header(root);
      else this.#pair(table);
    }
    return root;
  }

  /** `[a.b]` or `[[a.b]]`: the table that the lines below it fill. */
  #header(root: TomlPlace): TomlPlace {
    const start = this.#at;
    const isItem = this.#text[start + 1] === "[";
    this.#at += isItem ? 2 : 1;
    const keys = this.#keys();
    this.#at = this.#lineEnd();
    const owner = keys.slice(0, -1).reduce((table, key) => enter(table, key, start), root);
    const last = keys.at(-1) ?? { name: "", at: start };
    if (!isItem) return enter(owner, last, start);
    const item = placeAt(last.at, start);
    member(owner, last, start).items.push(item);
    return item;
  }

  #pair(table: TomlPlace): void {
    const start = this.#at;
    const keys = this.#keys();
    const owner = keys.slice(0, -1).reduce((inner, key) => enter(inner, key, key.at), table);
    this.#skipBlanks();
    if (this.#text[this.#at] === "=") this.#at += 1;
    this.#skipBlanks();
    this.#value(member(owner, keys.at(-1) ?? { name: "", at: start }, this.#at));
    if (this.#at === start) this.#at += 1;
  }

  #keys(): Key[] {
    const keys: Key[] = [];
    do {
      if (keys.length > 0) this.#at += 1;
      this.#skipBlanks();
      keys.push(this.#key());
      this.#skipBlanks();
    } while (this.#text[this.#at] === ".");
    return keys;
  }

  #key(): Key {
    const at = this.#at;
    const quote = this.#text[at];
    if (quote !== '"' && quote !== "'") {
      this.#skipWhile(/[^\s.=[\]#,{}"']/);
      return { name: this.#text.slice(at, this.#at), at };
    }
    this.#string();
    const literal = this.#text.slice(at + 1, this.#at - 1);
    return { name: quote === '"' ? unescape(literal) : literal, at };
  }

  #value(place: TomlPlace): void {
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") this.#string();
    else if (first === "[") this.#list(place);
    else if (first === "{") this.#inlineTable(place);
    else this.#skipWhile(/[^,\]}\n#]/);
  }

  #list(place: TomlPlace): void {
    this.#inside("]", () => {
      const item = placeAt(this.#at, this.#at);
      place.items.push(item);
      this.#value(item);
    });
  }

  #inlineTable(place: TomlPlace): void {
    this.#inside("}", () => this.#pair(place));
  }

  #inside(close: string, readOne: () => void): void {
    this.#at += 1;
    for (this.#skipVoid(); this.#at < this.#text.length && this.#text[this.#at] !== close; this.#skipVoid()) {
      const before = this.#at;
      if (this.#text[before] !== ",") readOne();
      if (this.#text[this.#at] === "," || this.#at === before) this.#at += 1;
    }
    this.#at += 1;
  }

  #string(): void {
    const quote = this.#text[this.#at] ?? "";
    const isLong = this.#text.startsWith(quote.repeat(3), this.#at);
    const end = isLong ? quote.repeat(3) : quote;
    this.#at += end.length;
    while (this.#at < this.#text.length && !this.#text.startsWith(end, this.#at))
      this.#at += quote === '"' && this.#text[this.#at] === "\\" ? 2 : 1;
    this.#at = Math.min(this.#at + end.length, this.#text.length);
    // A long text may end in one or two quotes of its own.
    if (isLong) this.#skipWhile(quote === '"' ? /"/ : /'/);
  }

  #lineEnd(): number {
    const end = this.#text.indexOf("\n", this.#at);
    return end === -1 ? this.#text.length : end;
  }

  #skipBlanks(): void {
    this.#skipWhile(/[ \t]/);
  }

  /** Blanks, line ends and comments. */
  #skipVoid(): void {
    this.#skipWhile(/\s/);
    while (this.#text[this.#at] === "#") {
      this.#at = this.#lineEnd();
      this.#skipWhile(/\s/);
    }
  }

  #skipWhile(units: RegExp): void {
    while (this.#at < this.#text.length && units.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }
}

function placeAt(key: number, value: number): TomlPlace {
  return { key, value, members: new Map(), items: [] };
}

function member(table: TomlPlace, key: Key, value: number): TomlPlace {
  const found = table.members.get(key.name) ?? placeAt(key.at, value);
  table.members.set(key.name, found);
  return found;
}

/** The table under a key; of a list of tables the newest. */
function enter(table: TomlPlace, key: Key, value: number): TomlPlace {
  const found = member(table, key, value);
  return found.items.at(-1) ?? found;
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", e: "\u001b" };

function unescape(text: string): string {
  return text.replaceAll(
    /\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|(.))/g,
    (whole: string, ...groups: (string | undefined)[]) => {
      const [short, long, byte, character] = groups;
      const code = Number.parseInt(short ?? long ?? byte ?? "", 16);
      if (character !== undefined) return ESCAPES[character] ?? character;
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
