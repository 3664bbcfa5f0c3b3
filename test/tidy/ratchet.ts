import type { Finding } from "./finding.ts";

/** By rule, then by what is over its budget: how far it is over today. Stored in ratchet.json, which may only shrink. */
export type Ratchet = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * Findings that no entry excuses, and one finding for each entry that excuses nothing any more or more than needed.
 * An entry is exact: whoever makes a thing smaller lowers its entry in the same change.
 */
export function applyRatchet(findings: readonly Finding[], ratchet: Ratchet): Finding[] {
  const worst = new Map<string, number>();
  for (const { rule, budget } of findings) {
    if (budget === undefined) continue;
    const key = `${rule} ${budget.id}`;
    worst.set(key, Math.max(worst.get(key) ?? 0, budget.value));
  }
  const excused = (finding: Finding): boolean => {
    const { budget } = finding;
    return budget !== undefined && budget.value <= (ratchet[finding.rule]?.[budget.id] ?? 0);
  };
  const slack = entriesOf(ratchet).flatMap(({ rule, id, value }): Finding[] => {
    const now = worst.get(`${rule} ${id}`);
    const what =
      now === undefined ? "is within its budget: remove the entry" : `is ${now} now: lower the entry from ${value}`;
    return now === undefined || now < value ? [{ rule: "ratchet", path: id, line: 1, what: `${rule}: ${what}` }] : [];
  });
  return [...findings.filter((finding) => !excused(finding)), ...slack];
}

/** Entries that are new or larger than in an earlier ratchet file. */
export function grownEntries(before: Ratchet, after: Ratchet): string[] {
  return entriesOf(after)
    .filter(({ rule, id, value }) => value > (before[rule]?.[id] ?? 0))
    .map(({ rule, id, value }) => `${rule}: ${id} ${before[rule]?.[id] ?? 0} → ${value}`);
}

function entriesOf(ratchet: Ratchet): { rule: string; id: string; value: number }[] {
  return Object.entries(ratchet).flatMap(([rule, entries]) =>
    Object.entries(entries).map(([id, value]) => ({ rule, id, value })),
  );
}
