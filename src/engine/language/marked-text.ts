// For tests: text with a caret (‸) where the cursor is. The caret is taken out, its place is the offset.

/** Splits a marked text; several carets give several offsets, in order. */
export function marked(source: string): { readonly text: string; readonly offset: number; readonly offsets: readonly number[] } {
  const parts = source.split('‸');
  const offsets: number[] = [];
  let length = 0;
  for (const part of parts.slice(0, -1)) {
    length += part.length;
    offsets.push(length);
  }
  const [offset] = offsets;
  if (offset === undefined) throw new Error('the text has no caret');
  return { text: parts.join(''), offset, offsets };
}
