// What the file declares, in order, with members and enumerators inside: for outlines and jumping by name.

import { typeText } from '../compiler/types.ts';
import type { OutlineItem, OutlineKind } from './answers.ts';
import { declarationText } from './describe.ts';
import { occurrencesIn } from './navigation.ts';
import type { SourceAnalysis, TopItem } from './source-analysis.ts';
import type { LanguageSymbol, Occurrence } from './symbol.ts';

const KINDS: Readonly<Partial<Record<LanguageSymbol['kind'], OutlineKind>>> = {
  function: 'function',
  global: 'variable',
  typedef: 'type',
  enumerator: 'enumMember',
  struct: 'struct',
  union: 'union',
  enum: 'enum',
  member: 'field',
  macro: 'macro',
};

interface Open {
  readonly name: string;
  readonly detail: string;
  readonly kind: OutlineKind;
  range: { start: number; end: number };
  readonly selection: { readonly start: number; readonly end: number };
  readonly children: Open[];
}

/** Everything the text defines, outermost first, in order of place. */
export function outlineOf(analysis: SourceAnalysis): readonly OutlineItem[] {
  const items = analysis.items.filter(({ file }) => file === analysis.file);
  const top: Open[] = [];
  let next = 0;
  for (const occurrence of occurrencesIn(analysis, analysis.file)) {
    const kind = occurrence.role === 'definition' ? KINDS[occurrence.symbol.kind] : undefined;
    if (kind === undefined) continue;
    while ((items[next]?.end ?? Number.POSITIVE_INFINITY) < occurrence.end) next++;
    const candidate = items[next];
    const item = candidate !== undefined && candidate.start <= occurrence.start ? candidate : undefined;
    // Statics and types inside a function are its own business.
    if (item?.fn != null && occurrence.start > item.fn.open) continue;
    const open = newItem(analysis, occurrence, kind, item);
    const parent = kind === 'field' || kind === 'enumMember' ? parentFor(top, item) : null;
    (parent?.children ?? top).push(open);
  }
  return adoptAnonymous(top);
}

function newItem(analysis: SourceAnalysis, occurrence: Occurrence, kind: OutlineKind, item: TopItem | undefined): Open {
  const { symbol, start, end } = occurrence;
  const whole = item !== undefined && kind !== 'field' && kind !== 'enumMember' && kind !== 'macro';
  const range =
    kind === 'macro' ? macroRange(analysis, symbol, start, end) : whole ? { start: item.start, end: item.end } : { start, end };
  const section = symbol.thing?.kind === 'function' || symbol.thing?.kind === 'global' ? symbol.thing.section : null;
  const isMap = kind === 'variable' && section === '.maps';
  return {
    name: symbol.name,
    detail: detailOf(symbol, section),
    kind: isMap ? 'map' : kind,
    range,
    selection: { start, end },
    children: [],
  };
}

function detailOf(symbol: LanguageSymbol, section: string | null): string {
  if (section === '.maps') return 'map';
  if (symbol.kind === 'function') return section ?? '';
  if (symbol.kind === 'global') return symbol.type === null ? '' : typeText(symbol.type);
  if (symbol.kind === 'enumerator') return declarationText(symbol).slice(symbol.name.length + 1);
  return '';
}

function macroRange(
  analysis: SourceAnalysis,
  symbol: LanguageSymbol,
  start: number,
  end: number,
): { start: number; end: number } {
  const last = symbol.macro?.body.at(-1);
  const hash = analysis.file.text.lastIndexOf('#', start);
  return { start: Math.max(0, hash), end: last !== undefined && last.file === analysis.file ? Math.max(end, last.end) : end };
}

/** The struct or enum that a member belongs to: the last one that began in the same declaration. */
function parentFor(top: readonly Open[], item: TopItem | undefined): Open | null {
  const last = top.at(-1);
  if (last === undefined || item === undefined) return null;
  return last.range.start === item.start && (last.kind === 'struct' || last.kind === 'union' || last.kind === 'enum')
    ? last
    : null;
}

/** Members of a struct without a tag stand before the variable or type that it is of: they become its children. */
function adoptAnonymous(top: readonly Open[]): Open[] {
  const result: Open[] = [];
  let orphans: Open[] = [];
  for (const open of top) {
    if (open.kind === 'field') {
      orphans.push(open);
      continue;
    }
    const inside = orphans.filter(({ selection }) => open.range.start <= selection.start && selection.end <= open.range.end);
    // What a map is made of is said by its name already.
    if (inside.length > 0 && open.kind !== 'map') open.children.unshift(...inside);
    orphans = [];
    result.push(open);
  }
  return result;
}
