/** How many instances of each process type an app should have. Keys are process types; a missing one means the default. */
export type Formation = Readonly<Record<string, number>>;

/** `web` (or `cmd`) 1, every other type 0. `release` is never scaled. Contract §5. */
export function defaultQuantity(type: string): number {
  return type === "web" || type === "cmd" ? 1 : 0;
}

/**
 * The formation of a new deploy, three-way (§5): app.json's number counts when it differs from the one it declared
 * at the last deploy, otherwise the current number stands; types app.json does not list keep theirs.
 * Gives every type of `types` but `release`, in that order.
 */
export function nextFormation(input: {
  readonly types: readonly string[];
  readonly declared: Formation;
  readonly declaredBefore: Formation;
  readonly current: Formation;
}): Formation {
  const quantity = (type: string): number => {
    const declared = quantityOf(input.declared, type);
    if (declared !== undefined && declared !== quantityOf(input.declaredBefore, type)) return declared;
    return quantityOf(input.current, type) ?? declared ?? defaultQuantity(type);
  };
  return Object.fromEntries(input.types.filter((type) => type !== "release").map((type) => [type, quantity(type)]));
}

/** The number of one type. A type may be called `constructor`, so inherited members do not count. */
export function quantityOf(formation: Formation, type: string): number | undefined {
  return Object.hasOwn(formation, type) ? formation[type] : undefined;
}
