// Source files and spans, as every stage from the preprocessor to the page's squiggles understands them.
// A span is two offsets into one file's text (UTF-16 units); lines and columns are derived, never stored.

/** One text file. `path` is what diagnostics print; bundled headers carry their include name, e.g. `bpf/bpf_helpers.h`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Half-open range [start, end) of UTF-16 offsets inside `file`. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** One-based line and column, columns counted in UTF-16 units. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

const lineStarts = new WeakMap<SourceFile, Uint32Array>();

function startsOf(file: SourceFile): Uint32Array {
  let starts = lineStarts.get(file);
  if (starts === undefined) {
    const found = [0];
    for (let at = file.text.indexOf('\n'); at >= 0; at = file.text.indexOf('\n', at + 1)) found.push(at + 1);
    starts = Uint32Array.from(found);
    lineStarts.set(file, starts);
  }
  return starts;
}

/** Line and column of an offset; offsets past the end are clamped to it. */
export function lineColumn(file: SourceFile, offset: number): LineColumn {
  const starts = startsOf(file);
  const at = Math.max(0, Math.min(offset, file.text.length));
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: at - (starts[low] ?? 0) + 1 };
}

/** Offset of the first character of a one-based line; the end of the text for lines past it. */
export function offsetOfLine(file: SourceFile, line: number): number {
  return startsOf(file)[line - 1] ?? file.text.length;
}

/** Text of a one-based line without its newline. */
export function lineText(file: SourceFile, line: number): string {
  const start = offsetOfLine(file, line);
  const end = file.text.indexOf('\n', start);
  return file.text.slice(start, end < 0 ? undefined : end);
}
