// What can be typed at the cursor: only what is legal there, best first. Members, designators, tags, labels, headers, names in
// scope, macros, keywords. Works in text that does not parse.

import { CALLS } from '../abi/calls.ts';
import type { CType, RecordType } from '../abi/ctype.ts';
import { MAP_TYPES } from '../abi/map-types.ts';
import { PROFILES, profileOf } from '../abi/profiles.ts';
import { arrayOf, pointerOf, recordOf } from '../compiler/types.ts';
import type { CompletionAnswer, CompletionItem } from './answers.ts';
import { type Expected, expectedAt } from './completion-context.ts';
import { functionOfThing, hole, item, macroItem, memberItems, nameItem, RANK } from './completion-items.ts';
import { type Cursor, cursorAt, openBracketBefore } from './cursor.ts';
import { recordBefore } from './expression-type.ts';
import type { SourceAnalysis } from './source-analysis.ts';
import { findName, functionAt, functionSymbolAt, type VisibleName, visibleNames, visibleTags } from './visible-names.ts';

const STATEMENTS: readonly (readonly [string, string])[] = [
  ['if', `if (${hole(1, 'condition')})`],
  ['else', 'else'],
  ['for', `for (${hole(1, '__u32 i = 0')}; ${hole(2, 'i < count')}; ${hole(3, 'i++')})`],
  ['while', `while (${hole(1, 'condition')})`],
  ['do', 'do'],
  ['switch', `switch (${hole(1, 'value')})`],
  ['case', 'case'],
  ['default', 'default:'],
  ['return', 'return'],
  ['break', 'break;'],
  ['continue', 'continue;'],
  ['goto', 'goto'],
];
const TYPE_WORDS = [
  'void',
  'char',
  'short',
  'int',
  'long',
  'signed',
  'unsigned',
  '_Bool',
  'struct',
  'union',
  'enum',
  'const',
  'volatile',
];
const FILE_WORDS = ['static', 'extern', 'typedef', 'inline', '_Static_assert'];
const DIRECTIVES = ['include', 'define', 'undef', 'if', 'ifdef', 'ifndef', 'elif', 'else', 'endif', 'pragma', 'error', 'warning'];

/** Completions at an offset; an empty list where nothing known is legal. */
export function completionAt(analysis: SourceAnalysis, offset: number): CompletionAnswer {
  const cursor = cursorAt(analysis, offset);
  const replace = { start: cursor.word.start, end: Math.max(offset, cursor.word.end) };
  const header = headerItems(analysis, offset);
  if (header !== null) return header;
  if (cursor.inside === 'literal') return sectionItems(analysis, cursor) ?? { replace, items: [] };
  if (cursor.inside === 'directive') return { replace, items: directiveItems(analysis, cursor) };
  if (cursor.inside !== 'code') return { replace, items: [] };
  return { replace, items: itemsFor(analysis, cursor, expectedAt(analysis, cursor)) };
}

function itemsFor(analysis: SourceAnalysis, cursor: Cursor, expected: Expected): CompletionItem[] {
  const { offset } = cursor;
  switch (expected.kind) {
    case 'nothing':
      return [];
    case 'member': {
      const record = recordBefore(analysis, expected.operator);
      return record === null ? [] : memberItems(analysis, record, '', '');
    }
    case 'designator':
      return [
        ...designatorItems(analysis, cursor, expected),
        ...(expected.dotted ? [] : valueItems(analysis, cursor, { kind: 'expression', typeAllowed: false, after: ',' })),
      ];
    case 'tag':
      return tagItems(analysis, offset, expected.keyword);
    case 'label':
      return labelItems(analysis, offset);
    case 'type-words':
      return ['int', 'long', 'short', 'char'].map((word) => keyword(word));
    case 'declaration':
      return declarationItems(analysis, cursor, expected.member);
    case 'statement':
      return [
        ...statementWords(analysis, cursor),
        ...valueItems(analysis, cursor, { kind: 'expression', typeAllowed: true, after: ';' }),
      ];
    case 'expression':
      return valueItems(analysis, cursor, expected);
  }
}

const keyword = (word: string, insert = word): CompletionItem =>
  item(word, { kind: 'keyword', detail: '', rank: RANK.keyword, insert, snippet: insert.includes(':') && insert.includes('$') });

/** Keywords that begin a statement; `else`, `case`, `break` and `continue` only where they belong to something. */
function statementWords(analysis: SourceAnalysis, cursor: Cursor): CompletionItem[] {
  const around = wordsAround(analysis, cursor);
  return STATEMENTS.filter(([word]) => {
    if (word === 'case' || word === 'default') return around.has('switch');
    if (word === 'continue') return around.has('loop');
    if (word === 'break') return around.has('loop') || around.has('switch');
    if (word === 'else') return ['}', ';'].includes(analysis.raw[cursor.before]?.text ?? '');
    return true;
  }).map(([word, insert]) => {
    const returnsValue = word === 'return' && functionSymbolAt(analysis, cursor.offset)?.type.returns.kind === 'void';
    return keyword(word, returnsValue ? 'return;' : insert);
  });
}

/** The kinds of statements whose bodies are open at the cursor. */
function wordsAround(analysis: SourceAnalysis, cursor: Cursor): Set<string> {
  const { raw } = analysis;
  const found = new Set<string>();
  const note = (word: string | undefined): void => {
    if (word === 'switch') found.add('switch');
    else if (word === 'for' || word === 'while' || word === 'do' || word?.startsWith('bpf_for')) found.add('loop');
  };
  let at = cursor.before;
  for (let step = 0; step < 100 && at >= 0; step++) {
    // The statement head right before the cursor or before the brace: `while (x)`, `do`, `else`.
    const head = raw[at];
    if (head?.text === ')') note(raw[openBracketBefore(raw, at - 1, '(', false) - 1]?.text);
    else note(head?.text);
    const brace = openBracketBefore(raw, at, '{', false);
    if (brace < 0) break;
    at = brace - 1;
  }
  return found;
}

function declarationItems(analysis: SourceAnalysis, cursor: Cursor, member: boolean): CompletionItem[] {
  const types = typeItems(analysis, cursor.offset);
  const macros = macroItems(analysis, cursor).filter(({ label }) => {
    const first = analysis.macros.get(label)?.body[0]?.text;
    if (/^__(uint|type|array|ulong)$/.test(label)) return member;
    return (
      first !== undefined &&
      /^(__attribute__|inline|static|const|volatile|extern|struct|union|enum|unsigned|int|long|_Bool)$/.test(first)
    );
  });
  return [...(member ? [] : FILE_WORDS.map((word) => keyword(word))), ...macros, ...types];
}

const typeItems = (analysis: SourceAnalysis, offset: number): CompletionItem[] => [
  ...TYPE_WORDS.map((word) => keyword(word)),
  ...visibleNames(analysis, offset)
    .filter(({ thing }) => thing.kind === 'typedef')
    .map((name) => nameItem(analysis, name, false)),
];

const opensCall = (analysis: SourceAnalysis, cursor: Cursor): boolean => analysis.file.text.charAt(cursor.word.end) === '(';

function macroItems(analysis: SourceAnalysis, cursor: Cursor): CompletionItem[] {
  const opened = opensCall(analysis, cursor);
  const found: CompletionItem[] = [];
  for (const macro of analysis.macros.values()) {
    const { definition } = macro;
    if (definition !== null && definition.file === analysis.file && definition.start >= cursor.word.start) continue;
    if (definition === null && !cursor.prefix.startsWith('__')) continue;
    found.push(macroItem(analysis, macro, opened));
  }
  return found;
}

/** Names and macros that stand for values, and types where a cast or declaration may begin. */
function valueItems(
  analysis: SourceAnalysis,
  cursor: Cursor,
  expected: Extract<Expected, { kind: 'expression' }>,
): CompletionItem[] {
  const { offset } = cursor;
  const wanted = wantedNames(analysis, cursor, expected);
  const isCase = expected.after === 'case';
  const opened = opensCall(analysis, cursor);
  const items: CompletionItem[] = [];
  for (const visible of visibleNames(analysis, offset)) {
    if (isCase && visible.thing.kind !== 'enumerator') continue;
    if (visible.thing.kind === 'typedef') {
      if (expected.typeAllowed) items.push(nameItem(analysis, visible, false));
    } else if (isCallable(analysis, visible, offset)) {
      const made = nameItem(analysis, visible, opened);
      const insert = wanted.get(visible.name);
      items.push(
        insert === undefined ? made : { ...made, rank: RANK.wanted, ...(insert === '' ? {} : { label: insert, insert }) },
      );
    }
  }
  const hidden = new Set(items.map(({ label }) => label));
  for (const made of macroItems(analysis, cursor)) {
    const macro = analysis.macros.get(made.label);
    if (hidden.has(made.label) || macro === undefined || isSpecifier(macro.body[0]?.text)) continue;
    if (isCase && macro.params !== null) continue;
    items.push(wanted.has(made.label) ? { ...made, rank: RANK.wanted } : made);
  }
  if (!isCase) items.push(keyword('sizeof', `sizeof(${hole(1, 'type')})`));
  if (expected.typeAllowed) items.push(...TYPE_WORDS.map((word) => keyword(word)));
  return items;
}

const isSpecifier = (first: string | undefined): boolean => first === '__attribute__' || first === 'inline';

/** Helpers that another kind of program has are left out, and kernel functions of other operations. */
function isCallable(analysis: SourceAnalysis, visible: VisibleName, offset: number): boolean {
  if (functionOfThing(visible.thing) === null || visible.thing.place.file === analysis.file) return true;
  const row = CALLS.find((call) => call.name === visible.name);
  const profile = analysis.profile;
  if (row === undefined || profile === null) return true;
  if (row.profiles !== null && !row.profiles.includes(profile)) return false;
  const section = functionSymbolAt(analysis, offset)?.section ?? null;
  const kind = profileOf(profile)?.sections.find(({ names }) => section !== null && names.includes(section))?.kind;
  return kind === undefined || row.kinds === null || row.kinds.includes(kind);
}

/** Names that fit the place best, with what to insert for each (empty: the name). */
function wantedNames(analysis: SourceAnalysis, cursor: Cursor, expected: { readonly after: string }): Map<string, string> {
  const wanted = new Map<string, string>();
  if (expected.after === 'return') {
    const section = functionSymbolAt(analysis, cursor.offset)?.section ?? '';
    const profile = analysis.profile === null ? null : profileOf(analysis.profile);
    if (profile !== null && section !== '') for (const { name } of profile.codes) wanted.set(name, '');
  } else if (expected.after === '(' || expected.after === ',') {
    const argument = argumentAt(analysis, cursor);
    if (argument === 'map') for (const name of mapsOf(analysis)) wanted.set(name, `&${name}`);
    if (argument === 'map-type') for (const row of MAP_TYPES) wanted.set(row.enumerator, '');
  } else if (expected.after === '&' && argumentAt(analysis, cursor) === 'map') {
    for (const name of mapsOf(analysis)) wanted.set(name, '');
  } else if (expected.after === 'case') {
    for (const name of switchedNames(analysis, cursor)) wanted.set(name, '');
  }
  return wanted;
}

/** What the table of calls wants of the argument that is being typed. */
function argumentAt(analysis: SourceAnalysis, cursor: Cursor): string | null {
  const { raw } = analysis;
  const open = openBracketBefore(raw, cursor.before, '(', true);
  const name = raw[open - 1]?.text;
  if (open < 0 || name === undefined) return null;
  let commas = 0;
  let depth = 0;
  for (let at = open + 1; at <= cursor.before; at++) {
    const text = raw[at]?.text;
    if (text === '(' || text === '[') depth++;
    else if (text === ')' || text === ']') depth--;
    else if (text === ',' && depth === 0) commas++;
  }
  if (name === '__uint' && commas === 1 && raw[open + 1]?.text === 'type') return 'map-type';
  return CALLS.find((row) => row.name === name)?.args[commas]?.kind ?? null;
}

/** Variables in the section of maps. */
function mapsOf(analysis: SourceAnalysis): string[] {
  const names: string[] = [];
  for (const [name, thing] of analysis.scopes[0]?.scope.names ?? [])
    if (thing.kind === 'global' && thing.section === '.maps') names.push(name);
  return names;
}

/** Enumerators of the enum that the switch around the cursor looks at. */
function switchedNames(analysis: SourceAnalysis, cursor: Cursor): string[] {
  const { raw } = analysis;
  const brace = openBracketBefore(raw, cursor.before, '{', false);
  if (brace < 2 || raw[brace - 1]?.text !== ')') return [];
  const value = raw[brace - 2];
  const thing = value?.kind === 'identifier' ? findName(analysis, value.text, value.start) : null;
  let type: CType | null = thing !== null && 'type' in thing ? thing.type : null;
  while (type?.kind === 'typedef' || type?.kind === 'qualified') type = type.of;
  return type?.kind === 'enum' ? (type.enumerators ?? []).map(({ name }) => name) : [];
}

function tagItems(analysis: SourceAnalysis, offset: number, wanted: 'struct' | 'union' | 'enum'): CompletionItem[] {
  return visibleTags(analysis, offset)
    .filter(([, { type }]) => type.kind === wanted)
    .map(([tag, { type, place }]) => {
      const detail = type.kind === 'enum' ? 'enum' : type.members === null ? 'declared only' : `${type.size} bytes`;
      return item(tag, {
        kind: wanted === 'enum' ? 'enum' : 'struct',
        detail,
        rank: place.file === analysis.file ? RANK.own : RANK.type,
      });
    });
}

function labelItems(analysis: SourceAnalysis, offset: number): CompletionItem[] {
  const fn = functionAt(analysis, offset);
  if (fn === null) return [];
  return analysis.index
    .allLabels()
    .filter(({ definition }) => definition !== null && definition.start >= fn.open && definition.start < fn.close)
    .map(({ name }) => item(name, { kind: 'label', detail: 'label', rank: RANK.local }));
}

/** `.name = ` for the members of the object that the list initialises and does not have yet. */
function designatorItems(
  analysis: SourceAnalysis,
  cursor: Cursor,
  expected: Extract<Expected, { kind: 'designator' }>,
): CompletionItem[] {
  const record = recordOfList(analysis, expected.brace);
  if (record === null) return [];
  const given = new Set<string>();
  const { raw } = analysis;
  let depth = 0;
  for (let at = expected.brace + 1; at < raw.length; at++) {
    const text = raw[at]?.text;
    if (text === '{' || text === '(' || text === '[') depth++;
    else if ((text === '}' || text === ')' || text === ']') && depth-- === 0) break;
    else if (text === ';') break;
    else if (text === '.' && depth === 0 && raw[at + 1]?.start !== cursor.word.start) given.add(raw[at + 1]?.text ?? '');
  }
  return memberItems(analysis, record, expected.dotted ? '' : '.', ' = ').filter(({ label }) => !given.has(label));
}

function recordOfList(analysis: SourceAnalysis, brace: number): RecordType | null {
  const { raw } = analysis;
  const known = analysis.index.lists.get(raw[brace]?.start ?? -1);
  if (known !== undefined) return recordOf(known);
  // `type name = {` that was not checked: the name's type in the last good text.
  const name = raw[brace - 1]?.text === '=' ? raw[brace - 2] : undefined;
  const thing = name?.kind === 'identifier' ? findName(analysis, name.text, name.end) : null;
  if (thing === null || !('type' in thing)) return null;
  return recordOf(arrayOf(thing.type)?.of ?? pointerOf(thing.type)?.to ?? thing.type);
}

/** Names of headers inside `#include <`; null elsewhere. */
function headerItems(analysis: SourceAnalysis, offset: number): CompletionAnswer | null {
  const { text } = analysis.file;
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  const match = /^\s*#\s*include(?:_next)?\s*([<"])([^>"]*)$/.exec(line);
  if (match === null) return null;
  const [, open = '<', typed = ''] = match;
  const close = open === '<' ? '>' : '"';
  const after = /^[\w./-]*/.exec(text.slice(offset))?.[0].length ?? 0;
  const closed = text.charAt(offset + after) === close;
  const items = analysis.headerNames
    .filter((name) => !/^qdisc\/(types|calls)-/.test(name))
    .map((name) => {
      const profile = PROFILES.find(({ header }) => header === name);
      const detail = profile === undefined ? 'bundled header' : profile.title;
      return item(name, {
        kind: 'header',
        detail,
        rank: profile === undefined ? 1 : 0,
        insert: closed ? name : `${name}${close}`,
      });
    });
  return { replace: { start: offset - typed.length, end: offset + after }, items };
}

/** Section names of the profile inside `SEC("`. */
function sectionItems(analysis: SourceAnalysis, cursor: Cursor): CompletionAnswer | null {
  const { raw, file } = analysis;
  const literal = raw[cursor.before];
  if (literal === undefined || raw[cursor.before - 1]?.text !== '(' || raw[cursor.before - 2]?.text !== 'SEC') return null;
  const start = literal.start + 1;
  const closed = literal.kind === 'string';
  const profile = analysis.profile === null ? null : profileOf(analysis.profile);
  const names = [...(profile?.sections.flatMap((section) => [...section.names]) ?? []), '.maps', 'license', '.data', '.rodata'];
  const end = closed ? literal.end - 1 : cursor.offset;
  if (cursor.offset < start || file.text.slice(start, cursor.offset).includes('"')) return null;
  const items = [...new Set(names)].map((name, at) =>
    item(name, { kind: 'section', detail: 'section', rank: at, insert: closed ? name : `${name}"` }),
  );
  return { replace: { start, end }, items };
}

function directiveItems(analysis: SourceAnalysis, cursor: Cursor): CompletionItem[] {
  const name = cursor.directive[1]?.text;
  if (name === undefined) return DIRECTIVES.map((word) => keyword(word));
  if (/^(if|ifdef|ifndef|elif|undef)$/.test(name))
    return [
      ...[...analysis.macros.values()]
        .filter(({ definition }) => definition !== null)
        .map((macro) => macroItem(analysis, macro, true)),
      ...(name === 'if' || name === 'elif' ? [keyword('defined', `defined(${hole(1, 'NAME')})`)] : []),
    ];
  if (name === 'pragma') return ['unroll', 'once', 'clang loop unroll(full)'].map((word) => keyword(word));
  if (name === 'define' && cursor.directive.length > 2)
    return valueItems(analysis, cursor, { kind: 'expression', typeAllowed: true, after: '' });
  return [];
}
