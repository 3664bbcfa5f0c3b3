/** One thing that was put right: the line of the file as it was, from 1, and what changed there, without any value. */
export type Fix = { readonly line: number; readonly text: string };

/** What the fixer of one file gives; the text is the same one when nothing can be put right. */
export type FixedText = { readonly after: string; readonly fixes: readonly Fix[] };
