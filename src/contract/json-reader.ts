import { closest } from "../lib/similar.ts";
import type { DiagnosticCode } from "../model/diagnostic-registry.ts";
import type { JsonMember, JsonNode } from "./json-document.ts";
import { childPlace, escapeToken, nameOf, reject, wrongType, type Place } from "./json-place.ts";
import type { JsonSchema } from "./json-schema.ts";
import { shownText } from "./shown-text.ts";

/**
 * What a value may be, said once: `read` gives what it says, or `undefined` when it was reported as wrong;
 * `schema` describes the same to editors and manuals.
 */
export type Reader<T> = { readonly read: (place: Place) => T | undefined; readonly schema: JsonSchema };

type Fields = Readonly<Record<string, Reader<unknown>>>;
type ReadFields<F extends Fields> = { readonly [K in keyof F]?: F[K] extends Reader<infer T> ? T : never };

/** Any text; an empty one counts (D21). */
export const text: Reader<string> = {
  read: (place) => (place.node.kind === "text" ? place.node.value : wrongType(place, "text")),
  schema: { type: "string" },
};

/** `true` or `false`. */
export const flag: Reader<boolean> = {
  read: (place) => (place.node.kind === "boolean" ? place.node.value : wrongType(place, "`true` or `false`")),
  schema: { type: "boolean" },
};

/** A known key whose value does not matter. */
export const ignored: Reader<never> = { read: () => undefined, schema: {} };

/** The reader with the sentence that explains it in editors and manuals, and the default where there is one. */
export function about<T>(description: string, reader: Reader<T>, more: Pick<JsonSchema, "default"> = {}): Reader<T> {
  return { read: reader.read, schema: { description, ...reader.schema, ...more } };
}

/** A whole number from `min` to `max`; outside it is `code`, by default the wrong type (D19). */
export function wholeNumber(range: {
  readonly min: number;
  readonly max?: number;
  readonly code?: DiagnosticCode;
}): Reader<number> {
  const max = range.max ?? Infinity;
  const bounds = range.max === undefined ? { minimum: range.min } : { minimum: range.min, maximum: range.max };
  const read = (place: Place): number | undefined => {
    if (place.node.kind !== "number") return wrongType(place, "a whole number");
    const { value } = place.node;
    const allowed = max === Infinity ? `${range.min} or more` : `from ${range.min} to ${max}`;
    const wrong = (must: string): undefined =>
      reject(place, range.code ?? place.dialect.codes.type, {
        message: () => `${nameOf(place.pointer)} is ${value}, but must be ${must}.`,
        hint: `Write a whole number, ${allowed}.`,
      });
    if (!Number.isInteger(value)) return wrongType(place, "a whole number");
    // Adding zero turns -0 into 0.
    return value >= range.min && value <= max ? value + 0 : wrong(allowed);
  };
  return { read, schema: { type: "integer", ...bounds } };
}

/** One text of a fixed set; another text is `code`, by default the wrong type (D19). */
export function choice<const T extends string>(values: readonly T[], code?: DiagnosticCode): Reader<T> {
  const expected = oneOf(values);
  const read = (place: Place): T | undefined => {
    if (place.node.kind !== "text") return wrongType(place, expected);
    const raw = place.node.value;
    const found = values.find((value) => value === raw);
    if (found !== undefined) return found;
    const message = (): string => `${nameOf(place.pointer)} is \`${shownText(raw)}\`, but must be ${expected}.`;
    return reject(place, code ?? place.dialect.codes.type, {
      message,
      hint: () => {
        const near = closest(raw, values);
        return near === undefined ? `Write ${expected}.` : `Did you mean \`${near}\`?`;
      },
    });
  };
  return { read, schema: { type: "string", enum: values } };
}

/** A list; items that are wrong are left out. */
export function list<T>(
  item: Reader<T>,
  options: { readonly isEmptyAllowed: boolean } = { isEmptyAllowed: true },
): Reader<readonly T[]> {
  const read = (place: Place): readonly T[] | undefined => {
    if (place.node.kind !== "list") return wrongType(place, "a list");
    if (place.node.items.length === 0 && !options.isEmptyAllowed) {
      return reject(place, place.dialect.codes.type, {
        message: `${nameOf(place.pointer)} is an empty list.`,
        hint: "Put at least one value into it.",
      });
    }
    const values: T[] = [];
    place.node.items.forEach((node, index) => {
      const value = item.read(childPlace(place, String(index), node));
      if (value !== undefined) values.push(value);
    });
    return values;
  };
  return { read, schema: { type: "array", items: item.schema, ...(options.isEmptyAllowed ? {} : { minItems: 1 }) } };
}

/** What a `map` asks of its keys. `check` says whether to keep one, `schema` the same as far as a schema can. */
export type KeyRule<T> = {
  readonly check: (key: KeyPlace, value: T | undefined) => boolean;
  readonly schema?: JsonSchema;
};

/**
 * An object with free keys, in file order. The rule sees each key with its value (`undefined` when that was wrong).
 * `__proto__` is a key like any other.
 */
export function map<T>(
  value: Reader<T>,
  rule: KeyRule<T> = { check: () => true },
): Reader<Readonly<Record<string, T>>> {
  const read = (place: Place): Readonly<Record<string, T>> | undefined => {
    if (place.node.kind !== "object") return wrongType(place, place.dialect.kindNames.object);
    const entries: [string, T][] = [];
    for (const member of distinctMembers(place, place.node.members)) {
      const inner = childPlace(place, member.key, member.node);
      const found = value.read(inner);
      if (rule.check({ key: member.key, offset: member.offset, inner }, found) && found !== undefined)
        entries.push([member.key, found]);
    }
    return Object.fromEntries(entries);
  };
  return { read, schema: { type: "object", additionalProperties: value.schema, ...rule.schema } };
}

/** A key of a `map`: its text, the offset of the key itself, and the place of its value. */
export type KeyPlace = { readonly key: string; readonly offset: number; readonly inner: Place };

/** An object with known keys. Absent and wrong ones are absent in the result; unknown ones are reported. */
export function object<F extends Fields>(fields: F): Reader<ReadFields<F>> {
  const known = new Map(Object.entries(fields));
  const read = (place: Place): ReadFields<F> | undefined => {
    if (place.node.kind !== "object") return wrongType(place, place.dialect.kindNames.object);
    const values: Record<string, unknown> = {};
    for (const member of distinctMembers(place, place.node.members)) {
      const reader = known.get(member.key);
      if (reader === undefined) {
        reportUnknownKey(place, member, known.keys());
        continue;
      }
      const value = reader.read(childPlace(place, member.key, member.node));
      if (value !== undefined) values[member.key] = value;
    }
    // The compiler cannot follow keys through a loop; each value came from the reader of its own key.
    return values as ReadFields<F>;
  };
  const properties = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.schema]));
  return { read, schema: { type: "object", properties } };
}

/** A value with several shapes: picks the reader by the JSON type. */
export function byKind<T>(readers: { readonly [K in JsonNode["kind"]]?: Reader<T> }, expected: string): Reader<T> {
  return {
    read: (place) => {
      const reader = readers[place.node.kind];
      return reader === undefined ? wrongType(place, expected) : reader.read(place);
    },
    schema: { anyOf: Object.values(readers).map((reader) => reader.schema) },
  };
}

/** Reads, then converts or judges what was read. `schema` says what `next` asks besides, as far as a schema can. */
export function refine<A, B>(
  reader: Reader<A>,
  next: (value: A, place: Place) => B | undefined,
  schema: JsonSchema = {},
): Reader<B> {
  const read = (place: Place): B | undefined => {
    const value = reader.read(place);
    return value === undefined ? undefined : next(value, place);
  };
  return { read, schema: { ...reader.schema, ...schema } };
}

/** Any value, as plain data; a date is none. */
export const anything: Reader<unknown> = {
  read: (place) => {
    const { node } = place;
    if (node.kind === "object") return map(anything).read(place);
    if (node.kind === "list") return list(anything).read(place);
    return "value" in node ? node.value : null;
  },
  schema: {},
};

/** `` `a`, `b` or `c` ``. */
function oneOf(values: readonly string[]): string {
  const quoted = values.map((value) => `\`${value}\``);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** Of each key the last member, in the order of the first; every repetition is reported (D17). */
function distinctMembers(place: Place, members: readonly JsonMember[]): readonly JsonMember[] {
  if (areDistinct(members)) return members;
  const kept: JsonMember[] = [];
  const firsts = new Map<string, { readonly offset: number; readonly index: number }>();
  for (const member of members) {
    const first = firsts.get(member.key);
    if (first === undefined) {
      firsts.set(member.key, { offset: member.offset, index: kept.length });
      kept.push(member);
    } else {
      reportRepetition(place, member, first.offset);
      kept[first.index] = member;
    }
  }
  return kept;
}

/** Nearly all objects are small, and a file may have tens of thousands. */
function areDistinct(members: readonly JsonMember[]): boolean {
  if (members.length > 8) return new Set(members.map((member) => member.key)).size === members.length;
  for (let index = 1; index < members.length; index += 1)
    for (let earlier = 0; earlier < index; earlier += 1)
      if (members[index]?.key === members[earlier]?.key) return false;
  return true;
}

function reportRepetition(place: Place, member: JsonMember, otherOffset: number): void {
  const path = `${place.pointer}/${escapeToken(member.key)}`;
  place.report({
    code: place.dialect.codes.duplicateKey,
    offset: member.offset,
    path,
    otherOffset,
    message: () => `${nameOf(path)} stands here again; only the last value counts.`,
    hint: "Remove all but one of them.",
  });
}

function reportUnknownKey(place: Place, member: JsonMember, known: Iterable<string>): void {
  place.report({
    code: place.dialect.codes.unknownKey,
    offset: member.offset,
    path: `${place.pointer}/${escapeToken(member.key)}`,
    message: () => {
      const owner = place.pointer === "" ? place.dialect.file : nameOf(place.pointer);
      return `${owner} has no key \`${shownText(member.key)}\`; it is ignored.`;
    },
    hint: () => {
      const names = [...known];
      const near = closest(member.key, names);
      if (near !== undefined) return `Did you mean \`${near}\`?`;
      return `Remove it, or use one of ${names.filter((key) => key !== "$schema").join(", ")}.`;
    },
  });
}
