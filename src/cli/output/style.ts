/** Colours as functions; without colour each gives the text as it is. */
export type Style = {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  /** One of six colours, always the same for the same key. */
  readonly byKey: (key: string, text: string) => string;
};

const KEY_COLORS = [36, 33, 32, 35, 34, 96] as const;

/** The colours of one output stream. */
export function styleFor(colored: boolean): Style {
  const paint =
    (open: number, close: number) =>
    (text: string): string =>
      colored && text !== "" ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
    byKey: (key, text) => paint(keyColor(key), 39)(text),
  };
}

function keyColor(key: string): number {
  let hash = 0;
  for (const character of key) hash = (hash * 31 + character.charCodeAt(0)) % 65_521;
  return KEY_COLORS[hash % KEY_COLORS.length] ?? KEY_COLORS[0];
}
