/** Names that came, went, or stand for something else. Each sorted. */
export type NameDiff = {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
};

/** How two releases of an app differ. `files` is absent when the source of one of them is not stored any more. Never a config value. */
export type ReleaseDiff = {
  readonly files?: NameDiff;
  readonly config: NameDiff;
  /** Process types, by their commands; absent when an artifact is not stored any more. */
  readonly processes?: NameDiff;
  readonly buildpacks?: NameDiff;
  /** Process types, by their numbers. */
  readonly formation: NameDiff;
};

/** What names stand for. */
export type Texts = ReadonlyMap<string, string>;

/** Compares what names stand for. Pure. */
export function diffNames(from: Texts, to: Texts): NameDiff {
  return {
    added: [...to.keys()].filter((name) => !from.has(name)).sort(),
    removed: [...from.keys()].filter((name) => !to.has(name)).sort(),
    changed: [...to].flatMap(([name, text]) => (from.has(name) && from.get(name) !== text ? [name] : [])).sort(),
  };
}
