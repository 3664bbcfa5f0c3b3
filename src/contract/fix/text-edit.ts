/** A piece of a text (from `offset`, `length` UTF-16 units) and what stands there instead. Edits of one list never overlap. */
export type TextEdit = { readonly offset: number; readonly length: number; readonly content: string };

/** The text with all edits made; what no edit names stays as it is. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const edit of inOrder(edits)) {
    pieces.push(text.slice(at, edit.offset), edit.content);
    at = edit.offset + edit.length;
  }
  return pieces.join("") + text.slice(at);
}

/** Where a place of the edited text stood in the text before; inside what an edit put there, the edit's own place. */
export function offsetBefore(edits: readonly TextEdit[], offset: number): number {
  let shift = 0;
  for (const edit of inOrder(edits)) {
    const end = edit.offset + shift + edit.content.length;
    if (offset < edit.offset + shift) break;
    if (offset < end) return edit.offset;
    shift += edit.content.length - edit.length;
  }
  return offset - shift;
}

function inOrder(edits: readonly TextEdit[]): readonly TextEdit[] {
  return edits.toSorted((a, b) => a.offset - b.offset);
}
