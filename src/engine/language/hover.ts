// What is said about the word under the pointer: declaration, documentation, value, layout, and for a macro its definition
// and what it becomes at this very use.

import { type CType, type RecordType, sizeOf } from '../abi/ctype.ts';
import { integer } from '../compiler/constant.ts';
import { findMember } from '../compiler/layout.ts';
import { spell } from '../compiler/preprocessor.ts';
import { placeOf, type Token } from '../compiler/token.ts';
import { isInteger, pointerOf, recordOf, typeText } from '../compiler/types.ts';
import type { HoverAnswer } from './answers.ts';
import { constantValue } from './constant-value.ts';
import { declarationText, isHelperPointer, numberText, sizeText } from './describe.ts';
import { commentOf, declarationStart, plain, tableNotes } from './documentation.ts';
import { mapText } from './map-text.ts';
import { fileNamed, occurrenceAt } from './navigation.ts';
import { layoutLines, memberText } from './record-layout.ts';
import type { SourceAnalysis } from './source-analysis.ts';
import { homeOf, isForeign, type LanguageSymbol, type Occurrence } from './symbol.ts';

/** Longest macro text that is shown, characters. */
const LONGEST = 2400;
const WIDTH = 96;

const code = (text: string): string => `\`\`\`c\n${text.replaceAll('```', "'''")}\n\`\`\``;

/** Hover at an offset of the text, null where there is nothing to say. */
export function hoverAt(analysis: SourceAnalysis, offset: number, header: string | null = null): HoverAnswer | null {
  const file = fileNamed(analysis, header);
  if (file === null) return null;
  const include = header === null ? analysis.index.includes.find(({ at }) => at.start <= offset && offset < at.end) : undefined;
  if (include !== undefined) {
    const { start, end } = include.at;
    return {
      range: { start, end },
      sections: [code(`#include <${include.file.path}>`), 'Bundled header. Go to definition opens it.'],
    };
  }
  const occurrence = occurrenceAt(analysis, file, offset);
  if (occurrence === null) return header === null ? computedAt(analysis, offset) : null;
  const { start, end, symbol } = occurrence;
  const sections = [...headOf(analysis, occurrence), ...wordsAbout(analysis, symbol)];
  return { range: { start, end }, sections: sections.filter((section) => section !== '') };
}

/** `sizeof (x)` shows its value. */
function computedAt(analysis: SourceAnalysis, offset: number): HoverAnswer | null {
  const token = analysis.raw.find((item) => item.start <= offset && offset < item.end);
  const value = token === undefined ? undefined : analysis.index.values.get(token.start);
  if (token === undefined || value === undefined || token.kind !== 'identifier') return null;
  return { range: { start: token.start, end: token.end }, sections: [code(`${token.text} … = ${value}`)] };
}

function wordsAbout(analysis: SourceAnalysis, symbol: LanguageSymbol): string[] {
  const home = homeOf(symbol);
  const comment = commentOf(home, symbol.kind === 'member' ? home.start : declarationStart(analysis, home));
  const notes = tableNotes(analysis, symbol);
  const said = notes.some((note) => note.includes(plain(comment)));
  const where = isForeign(symbol, analysis.file) && home.file.path !== '<built-in>' ? `*From \`<${home.file.path}>\`*` : '';
  return [comment === '' || said ? '' : plain(comment).replaceAll('\n', '  \n'), ...notes, where];
}

function headOf(analysis: SourceAnalysis, occurrence: Occurrence): string[] {
  const { symbol } = occurrence;
  switch (symbol.kind) {
    case 'macro':
      return macroSections(analysis, occurrence);
    case 'member':
      return memberSections(occurrence);
    case 'enumerator':
      return [code(declarationText(symbol)), symbol.thing?.kind === 'enumerator' ? enumOf(analysis, symbol) : ''];
    case 'struct':
    case 'union':
      return [code(layoutOf(symbol.type) ?? declarationText(symbol))];
    case 'enum':
      return [code(enumText(symbol.type))];
    case 'typedef': {
      const layout = layoutOf(symbol.type);
      const size = symbol.type === null ? '' : sizeText(symbol.type);
      return [code(declarationText(symbol)), layout === null ? size : code(layout)];
    }
    case 'local':
    case 'parameter':
    case 'global':
      return variableSections(symbol);
    default:
      return [code(declarationText(symbol))];
  }
}

const layoutOf = (type: CType | null): string | null => {
  const record = type === null ? null : recordOf(type);
  return record === null ? null : layoutLines(record).join('\n');
};

/** A variable, and the layout of the record it is or points to when that is of the program's own. */
function variableSections(symbol: LanguageSymbol): string[] {
  const { type, kind } = symbol;
  const word = kind === 'global' ? '' : ` // ${kind === 'parameter' ? 'parameter' : 'local variable'}`;
  if (type === null) return [code(symbol.name)];
  const map = mapText(symbol);
  if (map !== null) return [code(`/* map */ ${symbol.name}`), plain(map)];
  const size = pointerOf(type) === null ? sizeText(type) : '';
  const record = recordOf(type) ?? recordOf(pointerOf(type)?.to ?? type);
  const layout = record === null || record.members === null || record.members.length > 24 ? '' : code(layoutOf(record) ?? '');
  return [code(`${declarationText(symbol)}${initialText(symbol)}${word}`), layout === '' ? size : layout];
}

/** ` = 10240` for a variable of the file that starts as a number. */
function initialText(symbol: LanguageSymbol): string {
  const { thing } = symbol;
  const first = thing?.kind === 'global' ? thing.init?.items[0] : undefined;
  if (thing?.kind !== 'global' || first === undefined || !isInteger(thing.type) || isHelperPointer(thing.type)) return '';
  const value = integer(first.value);
  return value === null ? '' : ` = ${numberText(value)}`;
}

function enumOf(analysis: SourceAnalysis, symbol: LanguageSymbol): string {
  for (const { scope } of analysis.scopes)
    for (const [tag, { type }] of scope.tags)
      if (type.kind === 'enum' && type.enumerators?.some(({ name }) => name === symbol.name)) return `of \`enum ${tag}\``;
  return '';
}

function enumText(type: CType | null): string {
  if (type?.kind !== 'enum') return 'enum';
  const list = type.enumerators ?? [];
  const rows = list.slice(0, 24).map(({ name, value }) => `    ${name} = ${value},`);
  if (list.length > rows.length) rows.push(`    /* … ${list.length - rows.length} more */`);
  return [`enum ${type.tag ?? ''} { /* ${typeText(type.underlying)} */`, ...rows, '};'].join('\n');
}

function memberSections(occurrence: Occurrence): string[] {
  const { symbol, through } = occurrence;
  const record: RecordType | null = through ?? symbol.owner;
  const found = record === null ? null : findMember(record, symbol.name);
  if (record === null || found === null) return [code(symbol.name)];
  const { member, offset } = found;
  const bits =
    member.bitWidth === undefined ? '' : `, bits ${member.bitOffset} to ${(member.bitOffset ?? 0) + member.bitWidth - 1}`;
  const size = sizeOf(member.type);
  const owner = `${record.kind} ${record.tag ?? '(unnamed)'}`;
  return [
    code(`${memberText(member)}; // in ${owner}`),
    `offset ${offset}${size > 0 ? `, ${size} ${size === 1 ? 'byte' : 'bytes'}` : ''}${bits}`,
  ];
}

function macroSections(analysis: SourceAnalysis, occurrence: Occurrence): string[] {
  const { symbol } = occurrence;
  const sections = [code(definitionText(symbol))];
  if (occurrence.file !== analysis.file) return sections;
  if (occurrence.role !== 'read')
    return [...sections, ...valueSection(analysis, symbol.macro?.params === null ? symbol.macro.body : [])];
  const tokens = expansionAt(analysis, occurrence.start);
  if (tokens === null) return sections;
  const text = cut(spell(tokens));
  // A literal says it all in the definition.
  if (text !== spell(symbol.macro?.body ?? [])) sections.push('becomes', code(text === '' ? '/* nothing */' : wrap(text)));
  return [...sections, ...valueSection(analysis, tokens)];
}

/** The number that an expression of constants comes to; nothing for a lone literal. */
function valueSection(analysis: SourceAnalysis, tokens: readonly Token[]): string[] {
  const value = tokens.length < 2 ? null : constantValue(analysis, tokens);
  return value === null ? [] : [`= ${numberText(value)}`];
}

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text);

/** The `#define` as written, with its lines. */
function definitionText(symbol: LanguageSymbol): string {
  const { macro, definition } = symbol;
  const last = macro?.body.at(-1);
  if (macro === null || definition === null || (last !== undefined && last.file !== definition.file))
    return declarationText(symbol);
  const { text } = definition.file;
  const start = text.lastIndexOf('#', definition.start);
  let end = Math.max(definition.end, last?.end ?? 0);
  if (last === undefined && macro.params !== null) end = Math.max(end, text.indexOf(')', end) + 1);
  const source = text.slice(start, end).replaceAll('\t', '    ');
  return cut(source);
}

/** What the macro use that starts at an offset of the main file becomes, all macros in it replaced too; null when unknown. */
function expansionAt(analysis: SourceAnalysis, start: number): readonly Token[] | null {
  const own = (token: Token): { start: number; end: number } | null => {
    const place = placeOf(token);
    return place.file === analysis.file ? place : null;
  };
  let end = -1;
  for (const token of analysis.tokens) {
    const place = token.expansion === null ? null : own(token);
    if (place !== null && place.start === start) end = Math.max(end, place.end);
  }
  if (end < 0) {
    // Nothing of it is left, or nothing but its arguments.
    const use = analysis.index.macroUses.find((item) => item.start === start);
    if (use === undefined || use.macro.body.length > 0) return null;
    return use.macro.builtin === null ? [] : null;
  }
  const run: Token[] = [];
  for (const token of analysis.tokens) {
    const place = own(token);
    const inside = place !== null && place.start >= start && place.end <= end;
    if (inside && token.kind !== 'end') run.push(token);
    else if (run.length > 0) break;
  }
  return run;
}

/** Breaks a long line at spaces. */
function wrap(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = `    ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
