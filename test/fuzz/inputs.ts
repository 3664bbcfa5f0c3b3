import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { EXAMPLES } from "../../src/contract/examples/examples.ts";
import type { Target } from "./target.ts";

const CORPUS = new URL("./corpus/", import.meta.url);
/** Some parsers refuse what is larger than their files ever are, so smaller heaps must be tried too. */
const LARGE_UNITS = [65_536, 32_768, 8_192] as const;
const MUTATIONS_MAX = 6;

/** Texts to start from: `corpus/TARGET/*`, and the manual's examples. */
export function corpusOf(name: string): readonly string[] {
  const folder = new URL(`${name}/`, CORPUS);
  const files = readdirSync(folder).toSorted();
  const texts = files.map((file) => readFileSync(new URL(file, folder), "utf8"));
  return [...texts, ...EXAMPLES.filter((one) => one.page === `${name}.md`).map((one) => one.text)];
}

type Mutation = { readonly at: number; readonly length: number; readonly what: string; readonly kind: number };

/**
 * Texts that are nearly right; texts of the corpus with pieces or lines cut, doubled, moved or put in; heaps of tokens; any text; and,
 * seldom, 64 KiB of one piece.
 */
export function inputsFor(target: Target, corpus: readonly string[]): fc.Arbitrary<string> {
  const token = fc.constantFrom(...target.tokens);
  const piece = fc.oneof(
    { weight: 8, arbitrary: token },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
  );
  const mutation: fc.Arbitrary<Mutation> = fc.record(
    { at: fc.nat(4_096), length: fc.nat(24), what: piece, kind: fc.nat(7) },
    { noNullPrototype: true },
  );
  const mutations = fc.array(mutation, { minLength: 1, maxLength: MUTATIONS_MAX });
  const mutated = fc.tuple(fc.constantFrom("", ...corpus), mutations).map(([text, all]) => all.reduce(mutate, text));
  const right = target.shaped ?? mutated;
  const nearly = fc.tuple(right, mutation).map(([text, one]) => mutate(text, one));
  const heap = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(""));
  const large = fc
    .tuple(
      fc.array(token, { minLength: 1, maxLength: 4 }),
      fc.constantFrom("", ...corpus),
      fc.nat(2),
      fc.constantFrom(...LARGE_UNITS),
    )
    .map(([pieces, text, side, units]) => grow(pieces.join(""), text, { side, units }));
  return fc.oneof(
    { weight: 350, arbitrary: right },
    { weight: 100, arbitrary: nearly },
    { weight: 350, arbitrary: mutated },
    { weight: 150, arbitrary: heap },
    { weight: 44, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
    { weight: 6, arbitrary: large },
  );
}

function mutate(text: string, mutation: Mutation): string {
  if (mutation.kind > 4) return mutateLines(text, mutation);
  const { at: anywhere, length, what, kind } = mutation;
  const at = text === "" ? 0 : anywhere % (text.length + 1);
  const piece = text.slice(at, at + length);
  const [before, after] = [text.slice(0, at), text.slice(at + length)];
  if (kind === 0) return before + after;
  if (kind === 1) return before + what + after;
  if (kind === 2) return before + what + piece + after;
  return kind === 3 ? before + piece + piece + after : after + piece + before;
}

/** Whole lines cut, doubled or moved: most files stay readable. */
function mutateLines(text: string, { at, length, kind }: Mutation): string {
  const lines = text.split("\n");
  const [from, to] = [at % lines.length, (at + length) % lines.length];
  const [line = ""] = kind === 6 ? [lines[from]] : lines.splice(from, 1);
  if (kind !== 5) lines.splice(to, 0, line);
  return lines.join("\n");
}

/** A piece again and again, before, behind or inside a text of the corpus. */
function grow(piece: string, text: string, { side, units }: { readonly side: number; readonly units: number }): string {
  const room = units - text.length;
  const mass = piece.repeat(Math.floor(room / piece.length));
  const middle = Math.floor(text.length / 2);
  return side === 0 ? mass + text : side === 1 ? text + mass : text.slice(0, middle) + mass + text.slice(middle);
}
