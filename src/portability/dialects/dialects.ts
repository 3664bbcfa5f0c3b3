import { readAsDokku, readAsDokkuStrict } from "./dokku.ts";
import { readAsForeman } from "./foreman.ts";
import { readAsHerokuClassic } from "./heroku-classic.ts";
import { readAsHerokuCnb } from "./heroku-cnb.ts";
import { readAsHerokuLocal } from "./heroku-local.ts";
import { readAsHerokuish } from "./herokuish.ts";
import { readAsHoncho } from "./honcho.ts";
import { readAsNodeForeman } from "./node-foreman.ts";
import { readAsOvermind } from "./overmind.ts";
import { readAsPaketo } from "./paketo.ts";
import type { DialectReading } from "./reading.ts";

const READERS = {
  "heroku-classic": readAsHerokuClassic,
  "heroku-cnb": readAsHerokuCnb,
  "heroku-local": readAsHerokuLocal,
  "node-foreman": readAsNodeForeman,
  dokku: readAsDokku,
  "dokku-strict": readAsDokkuStrict,
  paketo: readAsPaketo,
  herokuish: readAsHerokuish,
  foreman: readAsForeman,
  honcho: readAsHoncho,
  overmind: readAsOvermind,
} as const satisfies Readonly<Record<string, (raw: string) => DialectReading>>;

/** A parser of Procfiles, by the program it is part of. */
export type Dialect = keyof typeof READERS;

/** All dialects, in the order they are shown in. */
export const DIALECT_NAMES = Object.keys(READERS) as readonly Dialect[];

/** Whether the text names a dialect. */
export function isDialect(name: string): name is Dialect {
  return Object.hasOwn(READERS, name);
}

/** What the dialect's own parser makes of a Procfile. Never throws. Reference page §2. */
export function readProcfileAs(dialect: Dialect, raw: string): DialectReading {
  return READERS[dialect](raw);
}
