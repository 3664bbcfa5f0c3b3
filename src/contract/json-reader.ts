import { closest } from "../lib/similar.ts";
import type { DiagnosticCode } from "../model/diagnostic-registry.ts";
import type { JsonMember, JsonNode } from "./json-document.ts";
import { childPlace, escapeToken, nameOf, reject, wrongType, type Place } from "./json-place.ts";
import { shownText } from "./shown-text.ts";

/** Gives what the value says, or `undefined` when it was reported as wrong. */
export type Reader<T> = (place: Place) => T | undefined;

type Fields = Readonly<Record<string, Reader<unknown>>>;
type ReadFields<F extends Fields> = { readonly [K in keyof F]?: F[K] extends Reader<infer T> ? T : never };

/** Any text; an empty one counts (D21). */
export const text: Reader<string> = (place) =>
  place.node.kind === "text" ? place.node.value : wrongType(place, "text");

/** `true` or `false`. */
export const flag: Reader<boolean> = (place) =>
  place.node.kind === "boolean" ? place.node.value : wrongType(place, "`true` or `false`");

/** A known key whose value does not matter. */
export const ignored: Reader<never> = () => undefined;

/** A whole number from `min` to `max`; outside it is `code`, by default the wrong type (D19). */
export function wholeNumber(range: {
  readonly min: number;
  readonly max?: number;
  readonly code?: DiagnosticCode;
}): Reader<number> {
  const max = range.max ?? Infinity;
  return (place) => {
    if (place.node.kind !== "number") return wrongType(place, "a whole number");
    const { value } = place.node;
    const allowed = max === Infinity ? `${range.min} or more` : `from ${range.min} to ${max}`;
    const wrong = (must: string): undefined =>
      reject(place, range.code ?? "APP_TYPE", {
        message: `${nameOf(place.pointer)} is ${value}, but must be ${must}.`,
        hint: `Write a whole number, ${allowed}.`,
      });
    if (!Number.isInteger(value)) return wrongType(place, "a whole number");
    // Adding zero turns -0 into 0.
    return value >= range.min && value <= max ? value + 0 : wrong(allowed);
  };
}

/** One text of a fixed set; another text is `code`, by default the wrong type (D19). */
export function choice<const T extends string>(values: readonly T[], code: DiagnosticCode = "APP_TYPE"): Reader<T> {
  const expected = oneOf(values);
  return (place) => {
    if (place.node.kind !== "text") return wrongType(place, expected);
    const raw = place.node.value;
    const found = values.find((value) => value === raw);
    if (found !== undefined) return found;
    const near = closest(raw, values);
    const message = `${nameOf(place.pointer)} is \`${shownText(raw)}\`, but must be ${expected}.`;
    return reject(place, code, {
      message,
      hint: near === undefined ? `Write ${expected}.` : `Did you mean \`${near}\`?`,
    });
  };
}

/** A list; items that are wrong are left out. */
export function list<T>(
  item: Reader<T>,
  options: { readonly isEmptyAllowed: boolean } = { isEmptyAllowed: true },
): Reader<readonly T[]> {
  return (place) => {
    if (place.node.kind !== "list") return wrongType(place, "a list");
    if (place.node.items.length === 0 && !options.isEmptyAllowed) {
      return reject(place, "APP_TYPE", {
        message: `${nameOf(place.pointer)} is an empty list.`,
        hint: "Put at least one value into it.",
      });
    }
    return place.node.items
      .map((node, index) => item(childPlace(place, String(index), node)))
      .filter((value) => value !== undefined);
  };
}

/**
 * An object with free keys, in file order. `check` sees each key with its value (`undefined` when that was wrong) and says
 * whether to keep it. `__proto__` is a key like any other.
 */
export function map<T>(
  value: Reader<T>,
  check: (key: KeyPlace, value: T | undefined) => boolean = () => true,
): Reader<Readonly<Record<string, T>>> {
  return (place) => {
    if (place.node.kind !== "object") return wrongType(place, "an object");
    const entries: [string, T][] = [];
    for (const member of distinctMembers(place, place.node.members)) {
      const inner = childPlace(place, member.key, member.node);
      const read = value(inner);
      if (check({ key: member.key, offset: member.offset, inner }, read) && read !== undefined)
        entries.push([member.key, read]);
    }
    return Object.fromEntries(entries);
  };
}

/** A key of a `map`: its text, the offset of the key itself, and the place of its value. */
export type KeyPlace = { readonly key: string; readonly offset: number; readonly inner: Place };

/** An object with known keys. Absent and wrong ones are absent in the result; unknown ones are reported. */
export function object<F extends Fields>(fields: F): Reader<ReadFields<F>> {
  return (place) => {
    if (place.node.kind !== "object") return wrongType(place, "an object");
    const entries: [string, unknown][] = [];
    for (const member of distinctMembers(place, place.node.members)) {
      const read = Object.hasOwn(fields, member.key) ? fields[member.key] : undefined;
      if (read === undefined) {
        reportUnknownKey(place, member, Object.keys(fields));
        continue;
      }
      const value = read(childPlace(place, member.key, member.node));
      if (value !== undefined) entries.push([member.key, value]);
    }
    // The compiler cannot follow keys through a loop; each value came from the reader of its own key.
    return Object.fromEntries(entries) as ReadFields<F>;
  };
}

/** A value with several shapes: picks the reader by the JSON type. */
export function byKind<T>(readers: { readonly [K in JsonNode["kind"]]?: Reader<T> }, expected: string): Reader<T> {
  return (place) => {
    const read = readers[place.node.kind];
    return read === undefined ? wrongType(place, expected) : read(place);
  };
}

/** Reads, then converts or judges what was read. */
export function refine<A, B>(read: Reader<A>, next: (value: A, place: Place) => B | undefined): Reader<B> {
  return (place) => {
    const value = read(place);
    return value === undefined ? undefined : next(value, place);
  };
}

/** Any JSON value, as plain data. */
export const anything: Reader<unknown> = (place) => {
  const { node } = place;
  if (node.kind === "object") return map(anything)(place);
  if (node.kind === "list") return list(anything)(place);
  return node.kind === "null" ? null : node.value;
};

/** `` `a`, `b` or `c` ``. */
function oneOf(values: readonly string[]): string {
  const quoted = values.map((value) => `\`${value}\``);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** Of each key the last member, in the order of the first; every repetition is reported (D17). */
function distinctMembers(place: Place, members: readonly JsonMember[]): readonly JsonMember[] {
  const byKey = new Map<string, JsonMember>();
  const firstOffsets = new Map<string, number>();
  for (const member of members) {
    const otherOffset = firstOffsets.get(member.key);
    if (otherOffset === undefined) firstOffsets.set(member.key, member.offset);
    else {
      const path = `${place.pointer}/${escapeToken(member.key)}`;
      const message = `${nameOf(path)} stands here again; only the last value counts.`;
      place.report({
        code: "APP_DUPLICATE_KEY",
        offset: member.offset,
        path,
        otherOffset,
        message,
        hint: "Remove all but one of them.",
      });
    }
    byKey.set(member.key, member);
  }
  return [...byKey.values()];
}

function reportUnknownKey(place: Place, member: JsonMember, known: readonly string[]): void {
  const near = closest(member.key, known);
  const owner = place.pointer === "" ? "app.json" : nameOf(place.pointer);
  place.report({
    code: "APP_UNKNOWN_KEY",
    offset: member.offset,
    path: `${place.pointer}/${escapeToken(member.key)}`,
    message: `${owner} has no key \`${shownText(member.key)}\`; it is ignored.`,
    hint:
      near === undefined
        ? `Remove it, or use one of ${known.filter((key) => key !== "$schema").join(", ")}.`
        : `Did you mean \`${near}\`?`,
  });
}
