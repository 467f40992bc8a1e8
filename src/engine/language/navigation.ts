// From a name to its definition, to all its uses, and to those the editor marks while the cursor stands on it.

import type { SourceFile, Span } from '../base/source.ts';
import type { DefinitionAnswer, HighlightAnswer, TextPlace } from './answers.ts';
import type { SourceAnalysis } from './source-analysis.ts';
import type { LanguageSymbol, Occurrence } from './symbol.ts';

const sorted = new WeakMap<SourceAnalysis, Map<SourceFile, readonly Occurrence[]>>();

/** Occurrences of a file in order; sorted once. */
export function occurrencesIn(analysis: SourceAnalysis, file: SourceFile): readonly Occurrence[] {
  let files = sorted.get(analysis);
  if (files === undefined) {
    files = new Map();
    sorted.set(analysis, files);
  }
  let list = files.get(file);
  if (list === undefined) {
    list = analysis.index.occurrences(file);
    files.set(file, list);
  }
  return list;
}

/** The name at an offset; the cursor right behind a name counts as on it. */
export function occurrenceAt(analysis: SourceAnalysis, file: SourceFile, offset: number): Occurrence | null {
  const list = occurrencesIn(analysis, file);
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.start ?? Number.POSITIVE_INFINITY) <= offset) low = middle + 1;
    else high = middle;
  }
  const found = list[low - 1];
  return found !== undefined && offset <= found.end ? found : null;
}

/** The file that an answer about `header` is for: the text itself (null) or a header it includes. */
export const fileNamed = (analysis: SourceAnalysis, header: string | null): SourceFile | null =>
  header === null ? analysis.file : (analysis.files.find((file) => file.path === header) ?? null);

const placeOf = (analysis: SourceAnalysis, { file, start, end }: Span): TextPlace => ({
  header: file === analysis.file ? null : file.path,
  start,
  end,
});

/** Where the name at an offset is defined; an include leads to the header. Null where there is nothing to follow. */
export function definitionAt(analysis: SourceAnalysis, offset: number, header: string | null = null): DefinitionAnswer | null {
  const file = fileNamed(analysis, header);
  if (file === null) return null;
  const include = header === null ? analysis.index.includes.find(({ at }) => at.start <= offset && offset <= at.end) : undefined;
  if (include !== undefined) {
    const { start, end } = include.at;
    return { origin: { start, end }, targets: [{ header: include.file.path, start: 0, end: 0 }] };
  }
  const occurrence = occurrenceAt(analysis, file, offset);
  if (occurrence === null) return null;
  const { symbol, start, end } = occurrence;
  const home = symbol.definition ?? symbol.declaration;
  // On the definition itself: lead to the declaration before it, if there is one.
  const goal = home.file === file && home.start === start ? symbol.declaration : home;
  if (goal.file.path === '<built-in>') return null;
  return { origin: { start, end }, targets: [placeOf(analysis, goal)] };
}

/** Uses of a symbol in the text, in order; with `declarations` its declarations too, and the one in a header. */
export function usesOf(analysis: SourceAnalysis, symbol: LanguageSymbol): Occurrence[] {
  return occurrencesIn(analysis, analysis.file).filter((item) => item.symbol === symbol);
}

export function referencesAt(
  analysis: SourceAnalysis,
  offset: number,
  header: string | null,
  declarations: boolean,
): readonly TextPlace[] {
  const file = fileNamed(analysis, header);
  const symbol = file === null ? null : (occurrenceAt(analysis, file, offset)?.symbol ?? null);
  if (symbol === null) return [];
  const uses = usesOf(analysis, symbol).filter(({ role }) => declarations || role === 'read' || role === 'write');
  const places = uses.map((item) => placeOf(analysis, item));
  const home = symbol.definition ?? symbol.declaration;
  const foreign = home.file !== analysis.file && home.file.path !== '<built-in>';
  return declarations && foreign ? [placeOf(analysis, home), ...places] : places;
}

/** All places of the symbol under the cursor, with what is done to it there. */
export function highlightsAt(analysis: SourceAnalysis, offset: number): readonly HighlightAnswer[] {
  const symbol = occurrenceAt(analysis, analysis.file, offset)?.symbol ?? null;
  if (symbol === null) return [];
  return usesOf(analysis, symbol).map(({ start, end, role }) => ({
    start,
    end,
    write: role === 'write' || role === 'definition',
  }));
}
