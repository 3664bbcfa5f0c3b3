/**
 * What a program of the fake machine does. Times are milliseconds; `afterMs` counts from the start, or from SIGTERM in `onTerm`.
 * Made from the text of a process command by `parseBehaviour`, or changed later by `FakeMachine.change`.
 */
export type Behaviour = {
  /** Absent: it never listens. */
  readonly listen?: { readonly afterMs: number; readonly where: "ownPort" | "ownPortLocally" | "otherPort" };
  /** HTTP status by path, `*` for all others (200 when absent); "silent": accepts and never answers. */
  readonly answers: Readonly<Record<string, number | "silent">>;
  /** Absent: it runs until it is stopped. */
  readonly exit?: { readonly afterMs: number; readonly end: End };
  /** Absent: it dies of SIGTERM at once. */
  readonly onTerm?: "ignore" | { readonly afterMs: number; readonly end: End };
  /** `line 1` … `line N`, one every `everyMs` from the start on. */
  readonly prints: { readonly count: number; readonly everyMs: number };
};

/** How it ends: with an exit code or by a signal. */
export type End = { readonly code: number } | { readonly signal: string };

const SILENT: Behaviour = { answers: {}, prints: { count: 0, everyMs: 0 } };

type Clause = {
  readonly pattern: RegExp;
  readonly apply: (groups: Readonly<Record<string, string | undefined>>) => Partial<Behaviour>;
};

const AFTER = String.raw`(?: after (?<after>\d+(?:ms|s|m)))?`;

const CLAUSES: readonly Clause[] = [
  {
    pattern: new RegExp(`^serve${AFTER}$`),
    apply: ({ after }) => ({ listen: { afterMs: ms(after), where: "ownPort" } }),
  },
  {
    pattern: new RegExp(`^serve locally${AFTER}$`),
    apply: ({ after }) => ({ listen: { afterMs: ms(after), where: "ownPortLocally" } }),
  },
  {
    pattern: new RegExp(`^listen on other port${AFTER}$`),
    apply: ({ after }) => ({ listen: { afterMs: ms(after), where: "otherPort" } }),
  },
  { pattern: /^(?:never listen|run)$/, apply: () => ({}) },
  {
    pattern: /^answer (?<status>\d{3}|nothing)(?: on (?<path>\/\S*))?$/,
    apply: ({ status, path }) => ({ answers: { [path ?? "*"]: status === "nothing" ? "silent" : Number(status) } }),
  },
  {
    pattern: new RegExp(`^exit (?<code>\\d+)${AFTER}$`),
    apply: ({ code, after }) => ({ exit: { afterMs: ms(after), end: { code: Number(code) } } }),
  },
  {
    pattern: new RegExp(`^die by (?<signal>SIG[A-Z]+)${AFTER}$`),
    apply: ({ signal, after }) => ({ exit: { afterMs: ms(after), end: { signal: signal ?? "" } } }),
  },
  { pattern: /^ignore SIGTERM$/, apply: () => ({ onTerm: "ignore" }) },
  {
    pattern: new RegExp(`^on SIGTERM exit (?<code>\\d+)${AFTER}$`),
    apply: ({ code, after }) => ({ onTerm: { afterMs: ms(after), end: { code: Number(code) } } }),
  },
  {
    pattern: /^print (?<count>\d+) lines?(?: every (?<every>\d+(?:ms|s|m)))?$/,
    apply: ({ count, every }) => ({ prints: { count: Number(count), everyMs: ms(every) } }),
  },
];

/**
 * Reads clauses separated by `;`, each changing `base`: `serve [after 500ms]`, `serve locally`, `listen on other port`, `never listen`,
 * `run`, `answer 503 [on /path]`, `answer nothing`, `exit 1 [after 2s]`, `die by SIGSEGV [after 1s]`, `ignore SIGTERM`,
 * `on SIGTERM exit 0 [after 1s]`, `print 100 lines [every 10ms]`. Durations are in ms, s or m.
 * Throws at a clause it does not know: a scenario with a typing mistake would test nothing.
 */
export function parseBehaviour(text: string, base: Behaviour = SILENT): Behaviour {
  return text
    .split(";")
    .map((clause) => clause.trim())
    .filter((clause) => clause !== "")
    .reduce((behaviour, clause) => merge(behaviour, readClause(clause)), base);
}

function readClause(text: string): Partial<Behaviour> {
  for (const { pattern, apply } of CLAUSES) {
    const match = pattern.exec(text);
    if (match !== null) return apply(match.groups ?? {});
  }
  throw new Error(`the fake machine knows no behaviour \`${text}\``);
}

function merge(base: Behaviour, change: Partial<Behaviour>): Behaviour {
  return { ...base, ...change, answers: { ...base.answers, ...change.answers } };
}

function ms(text: string | undefined): number {
  if (text === undefined) return 0;
  const value = Number.parseInt(text, 10);
  if (text.endsWith("ms")) return value;
  return text.endsWith("m") ? value * 60_000 : value * 1_000;
}
