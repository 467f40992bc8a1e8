// Colours by meaning: every name of the text with its kind, in the relative form that editors take (five numbers a token: line,
// column, length, type, modifiers; line and column count from the token before).

import { lineColumn } from '../base/source.ts';
import { qualifiersOf } from '../compiler/types.ts';
import { TOKEN_MODIFIERS, TOKEN_TYPES } from './answers.ts';
import { isHelperPointer } from './describe.ts';
import { occurrencesIn } from './navigation.ts';
import type { SourceAnalysis } from './source-analysis.ts';
import { isForeign, type LanguageSymbol, type Occurrence } from './symbol.ts';

const TYPES: Readonly<Record<LanguageSymbol['kind'], (typeof TOKEN_TYPES)[number]>> = {
  function: 'function',
  parameter: 'parameter',
  local: 'variable',
  global: 'variable',
  member: 'property',
  macro: 'macro',
  typedef: 'type',
  struct: 'struct',
  union: 'struct',
  enum: 'enum',
  enumerator: 'enumMember',
  label: 'label',
};

const bit = (modifier: (typeof TOKEN_MODIFIERS)[number]): number => 1 << TOKEN_MODIFIERS.indexOf(modifier);

function typeOf(symbol: LanguageSymbol): (typeof TOKEN_TYPES)[number] {
  if (symbol.kind === 'global' && symbol.type !== null && isHelperPointer(symbol.type)) return 'function';
  return TYPES[symbol.kind];
}

function modifiersOf(analysis: SourceAnalysis, occurrence: Occurrence): number {
  const { symbol, role } = occurrence;
  const { thing, type, kind } = symbol;
  let bits = role === 'declaration' || role === 'definition' ? bit('declaration') : 0;
  if (role === 'write') bits |= bit('modification');
  const variable = kind === 'local' || kind === 'parameter' || kind === 'global';
  if (kind === 'enumerator' || (variable && type !== null && qualifiersOf(type).const === true)) bits |= bit('readonly');
  if ((thing?.kind === 'global' || thing?.kind === 'function') && thing.linkage === 'static') bits |= bit('static');
  if (isForeign(symbol, analysis.file)) bits |= bit('defaultLibrary');
  return bits;
}

/** Tokens of the whole text. */
export function semanticTokensOf(analysis: SourceAnalysis): Uint32Array {
  const occurrences = occurrencesIn(analysis, analysis.file);
  const data = new Uint32Array(occurrences.length * 5);
  let line = 1;
  let column = 1;
  let at = 0;
  for (const occurrence of occurrences) {
    const place = lineColumn(analysis.file, occurrence.start);
    data[at++] = place.line - line;
    data[at++] = place.line === line ? place.column - column : place.column - 1;
    data[at++] = occurrence.end - occurrence.start;
    data[at++] = TOKEN_TYPES.indexOf(typeOf(occurrence.symbol));
    data[at++] = modifiersOf(analysis, occurrence);
    ({ line, column } = place);
  }
  return data;
}
