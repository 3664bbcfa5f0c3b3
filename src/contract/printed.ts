/** One thing that a file format cannot hold, and why, as a sentence. Never holds a value. */
export type Unprintable = { readonly name: string; readonly reason: string };

/** The text of a file, or everything that it cannot hold. */
export type Printed =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly unprintable: readonly Unprintable[] };
