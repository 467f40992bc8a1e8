// Makes one completion of one thing: label, kind, what is inserted (calls as snippets with their parameters), one line of
// detail, documentation, rank. Knows nothing of where the cursor stands beyond what it is told.

import type { FunctionType, RecordType } from '../abi/ctype.ts';
import { memberNames } from '../compiler/layout.ts';
import type { Macro } from '../compiler/macro-expander.ts';
import type { NamedThing } from '../compiler/scope.ts';
import { recordOf, typeText } from '../compiler/types.ts';
import type { CompletionItem, CompletionKind } from './answers.ts';
import { declarationText, isHelperPointer, macroParameters, numberText } from './describe.ts';
import { commentOf, plain, tableNotes } from './documentation.ts';
import { functionBehind } from './expression-type.ts';
import { memberText } from './record-layout.ts';
import type { SourceAnalysis } from './source-analysis.ts';
import type { LanguageSymbol } from './symbol.ts';
import type { VisibleName } from './visible-names.ts';

/** Smaller comes first. */
export const RANK = {
  wanted: 0,
  local: 1,
  own: 2,
  call: 3,
  keyword: 4,
  header: 5,
  type: 6,
  internal: 9,
} as const;

interface Shape {
  readonly kind: CompletionKind;
  readonly detail: string;
  readonly rank: number;
  readonly documentation?: string;
  readonly insert?: string;
  readonly snippet?: boolean;
}

export const item = (label: string, shape: Shape): CompletionItem => ({
  label,
  kind: shape.kind,
  detail: shape.detail,
  documentation: shape.documentation ?? '',
  insert: shape.insert ?? label,
  snippet: shape.snippet ?? false,
  rank: shape.rank,
});

/** A place of a snippet that the person fills in. */
export const hole = (number: number, text: string): string => `\${${number}:${escaped(text)}}`;

const escaped = (text: string): string => text.replace(/[$}\\]/g, '\\$&');

/** `name(${1:map}, ${2:key})`; only the name where a parenthesis follows already. */
function callShape(name: string, params: readonly string[], opened: boolean): Pick<Shape, 'insert' | 'snippet'> {
  if (opened) return { insert: name };
  if (params.length === 0) return { insert: `${name}()` };
  const holes = params.map((param, at) => hole(at + 1, param));
  return { insert: `${name}(${holes.join(', ')})`, snippet: true };
}

const parameterNames = (type: FunctionType): string[] => [
  ...type.params.map((param, at) => param.name ?? `arg${at + 1}`),
  ...(type.variadic ? ['...'] : []),
];

const documentationOf = (analysis: SourceAnalysis, symbol: LanguageSymbol | null): string => {
  if (symbol === null) return '';
  const comment = commentOf(symbol.definition ?? symbol.declaration);
  const notes = tableNotes(analysis, symbol);
  return [plain(comment), ...notes.filter((note) => note !== comment)].filter((part) => part !== '').join('\n\n');
};

const isInternal = (name: string): boolean =>
  name.startsWith('___') || name.startsWith('__builtin') || name.startsWith('__qdisc');

/** A name in scope. `opened`: a parenthesis follows the cursor. */
export function nameItem(analysis: SourceAnalysis, visible: VisibleName, opened: boolean): CompletionItem {
  const { name, thing, atFileScope } = visible;
  const symbol = analysis.index.symbolOfThing(thing);
  const own = thing.place.file === analysis.file;
  const documentation = documentationOf(analysis, symbol);
  const detail = symbol === null ? name : declarationText(symbol);
  const rank = isInternal(name) ? RANK.internal : !atFileScope ? RANK.local : own ? RANK.own : rankOfHeaderName(thing);
  const fn = functionOfThing(thing);
  if (fn !== null)
    return item(name, { kind: 'function', detail, rank, documentation, ...callShape(name, parameterNames(fn), opened) });
  switch (thing.kind) {
    case 'enumerator':
      return item(name, { kind: 'enumMember', detail: numberText(thing.value), rank, documentation });
    case 'typedef':
      return item(name, { kind: 'type', detail, rank: own ? RANK.own : RANK.type, documentation });
    case 'local':
      return item(name, {
        kind: thing.isParameter ? 'parameter' : 'variable',
        detail: typeText(thing.type),
        rank,
        documentation,
      });
    default:
      return item(name, { kind: 'variable', detail, rank, documentation });
  }
}

function rankOfHeaderName(thing: NamedThing): number {
  if (thing.kind === 'function' || thing.kind === 'global') return RANK.call;
  return thing.kind === 'enumerator' ? RANK.header : RANK.type;
}

/** The function type that a call of this name has, null when it is not called. */
export function functionOfThing(thing: NamedThing): FunctionType | null {
  if (thing.kind === 'function') return thing.type;
  return thing.kind === 'global' && isHelperPointer(thing.type) ? functionBehind(thing.type) : null;
}

export function macroItem(analysis: SourceAnalysis, macro: Macro, opened: boolean): CompletionItem {
  const { name, params, variadic, definition } = macro;
  const symbol = analysis.index.symbolOfMacro(macro);
  const own = definition?.file === analysis.file;
  const rank = isInternal(name) || definition === null ? RANK.internal : own ? RANK.own : RANK.header;
  const shape = params === null ? {} : callShape(name, macroParameters(params, variadic), opened);
  const detail = symbol === null ? name : declarationText(symbol).slice(0, 160);
  return item(name, { kind: 'macro', detail, rank, documentation: documentationOf(analysis, symbol), ...shape });
}

/** Members of a record, anonymous ones opened, in the order of declaration. */
export function memberItems(analysis: SourceAnalysis, record: RecordType, prefix: string, suffix: string): CompletionItem[] {
  const texts = memberDetails(record);
  return memberNames(record).map((name, at) => {
    const symbol = analysis.index.symbolOfMember(record, name);
    return item(name, {
      kind: 'field',
      detail: texts.get(name) ?? '',
      rank: RANK.wanted + at / 1000,
      documentation: documentationOf(analysis, symbol),
      insert: `${prefix}${name}${suffix}`,
    });
  });
}

function memberDetails(record: RecordType): Map<string, string> {
  const texts = new Map<string, string>();
  for (const member of record.members ?? []) {
    if (member.name !== null) texts.set(member.name, memberText({ ...member, name: null }));
    else for (const [name, text] of memberDetails(recordOf(member.type) ?? { ...record, members: [] })) texts.set(name, text);
  }
  return texts;
}
