import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { EXAMPLES } from "../../src/contract/examples/examples.ts";
import type { Target } from "./target.ts";

const CORPUS = new URL("./corpus/", import.meta.url);
const UNITS_MAX = 65_536;
const MUTATIONS_MAX = 6;

/** Texts to start from: `corpus/TARGET/*`, and the manual's examples. */
export function corpusOf(name: string): readonly string[] {
  const folder = new URL(`${name}/`, CORPUS);
  const files = readdirSync(folder).toSorted();
  const texts = files.map((file) => readFileSync(new URL(file, folder), "utf8"));
  return [...texts, ...EXAMPLES.filter((one) => one.page === `${name}.md`).map((one) => one.text)];
}

type Mutation = { readonly at: number; readonly length: number; readonly what: string; readonly kind: number };

/** Texts of the corpus with pieces cut, doubled, moved or put in; heaps of tokens; any text; and, seldom, 64 KiB of one piece. */
export function inputsFor(target: Target, corpus: readonly string[]): fc.Arbitrary<string> {
  const token = fc.constantFrom(...target.tokens);
  const piece = fc.oneof(
    { weight: 8, arbitrary: token },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
  );
  const mutation: fc.Arbitrary<Mutation> = fc.record(
    { at: fc.nat(4_096), length: fc.nat(24), what: piece, kind: fc.nat(4) },
    { noNullPrototype: true },
  );
  const mutated = fc
    .tuple(fc.constantFrom("", ...corpus), fc.array(mutation, { maxLength: MUTATIONS_MAX }))
    .map(([text, mutations]) => mutations.reduce(mutate, text));
  const heap = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(""));
  const large = fc
    .tuple(fc.array(token, { minLength: 1, maxLength: 4 }), fc.constantFrom("", ...corpus), fc.nat(2))
    .map(([pieces, text, side]) => grow(pieces.join(""), text, side));
  return fc.oneof(
    { weight: 600, arbitrary: mutated },
    { weight: 330, arbitrary: heap },
    { weight: 67, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
    { weight: 3, arbitrary: large },
  );
}

function mutate(text: string, { at: anywhere, length, what, kind }: Mutation): string {
  const at = text === "" ? 0 : anywhere % (text.length + 1);
  const piece = text.slice(at, at + length);
  const [before, after] = [text.slice(0, at), text.slice(at + length)];
  if (kind === 0) return before + after;
  if (kind === 1) return before + what + after;
  if (kind === 2) return before + what + piece + after;
  return kind === 3 ? before + piece + piece + after : after + piece + before;
}

/** A piece again and again, before, behind or inside a text of the corpus. */
function grow(piece: string, text: string, side: number): string {
  const room = UNITS_MAX - text.length;
  const mass = piece.repeat(Math.floor(room / piece.length));
  const middle = Math.floor(text.length / 2);
  return side === 0 ? mass + text : side === 1 ? text + mass : text.slice(0, middle) + mass + text.slice(middle);
}
