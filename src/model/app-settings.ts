/**
 * What the operator has chosen for an app, besides config and formation. Written and read by control. Stored in SQLite, table `apps`.
 */
export type AppSettings = {
  /** Whether a deploy runs the app's tests. Contract §6. */
  readonly tests: boolean;
  readonly freeze?: Freeze;
};

/** No new release of the app while it lasts, unless somebody says why all the same. */
export type Freeze = {
  readonly reason: string;
  /** Who asked for it. */
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** When it ends by itself; absent: not before it is lifted. */
  readonly until?: number;
};

export const DEFAULT_SETTINGS: AppSettings = { tests: false };

/** A change of settings; `freeze: null` lifts it. */
export type SettingsChange = { readonly tests?: boolean; readonly freeze?: Freeze | null };

/** The settings with a change made. */
export function changeSettings(settings: AppSettings, change: SettingsChange): AppSettings {
  const { freeze: held, tests } = settings;
  const freeze = change.freeze === undefined ? held : (change.freeze ?? undefined);
  return { tests: change.tests ?? tests, ...(freeze === undefined ? {} : { freeze }) };
}

/** The freeze that is in force at that moment. */
export function freezeAt({ freeze }: AppSettings, now: number): Freeze | undefined {
  return freeze === undefined || (freeze.until !== undefined && freeze.until <= now) ? undefined : freeze;
}
