// What may stand at the cursor, judged by the tokens before it: a statement, an expression, a type, a member, a name that the
// person makes up. The grammar's rules in short form; they hold in the middle of unfinished text.

import type { Token } from '../compiler/token.ts';
import { type Cursor, openBracketBefore } from './cursor.ts';
import type { SourceAnalysis } from './source-analysis.ts';
import { findName, functionAt } from './visible-names.ts';

export type Expected =
  /** After `.` or `->`; the index of that token. */
  | { readonly kind: 'member'; readonly operator: number }
  /** After `.` where a braced list wants a designator; the index of its brace. */
  | { readonly kind: 'designator'; readonly brace: number; readonly dotted: boolean }
  | { readonly kind: 'tag'; readonly keyword: 'struct' | 'union' | 'enum' }
  | { readonly kind: 'label' }
  /** A declaration of the file, or of a struct when `member`. */
  | { readonly kind: 'declaration'; readonly member: boolean }
  | { readonly kind: 'statement' }
  | { readonly kind: 'expression'; readonly typeAllowed: boolean; readonly after: string }
  /** More words of a type: `unsigned` … */
  | { readonly kind: 'type-words' }
  /** A new name, or nothing that a list could know. */
  | { readonly kind: 'nothing' };

const TYPE_WORDS = new Set(['void', 'char', 'short', 'int', 'long', 'signed', 'unsigned', '_Bool']);
const LENGTHENED = new Set(['unsigned', 'signed', 'long', 'short']);
const BEFORE_TYPES = new Set([
  'static',
  'extern',
  'const',
  'volatile',
  'inline',
  'typedef',
  'register',
  '_Noreturn',
  '__inline__',
  '__extension__',
]);
const BEFORE_EXPRESSIONS = new Set(['return', 'case', 'sizeof', '_Alignof']);

/** What the grammar wants at the cursor, which stands in code. */
export function expectedAt(analysis: SourceAnalysis, cursor: Cursor): Expected {
  const { raw } = analysis;
  const before = raw[cursor.before];
  const inFunction = functionAt(analysis, cursor.offset) !== null;
  if (before === undefined) return { kind: 'declaration', member: false };
  if (before.text === '->') return { kind: 'member', operator: cursor.before };
  if (before.text === '.') return afterDot(raw, cursor.before);
  if (before.kind === 'identifier') return afterWord(analysis, cursor, before, inFunction);
  if (before.kind === 'number' || before.kind === 'string' || before.kind === 'character') return { kind: 'nothing' };
  const brace = braceOfList(analysis, cursor.before);
  if (brace >= 0 && (before.text === '{' || before.text === ',')) return { kind: 'designator', brace, dotted: false };
  const record = !inFunction || insideRecord(raw, cursor.before);
  switch (before.text) {
    case ';':
    case '{':
    case '}':
      if (openBracketBefore(raw, cursor.before, '(', false) >= 0 && before.text === ';') return EXPRESSION;
      return inFunction && !insideRecord(raw, cursor.before)
        ? { kind: 'statement' }
        : { kind: 'declaration', member: inBraces(raw, cursor.before) };
    case ')':
      return inFunction ? afterParenthesis(raw, cursor.before) : { kind: 'declaration', member: false };
    case ':':
      return inFunction ? { kind: 'statement' } : { kind: 'nothing' };
    case ']':
      return { kind: 'nothing' };
    case '*':
      return isPointerStar(analysis, raw, cursor.before) ? { kind: 'nothing' } : EXPRESSION;
    case '(':
    case ',':
      if (!inFunction && !insideValue(raw, cursor.before)) return { kind: 'expression', typeAllowed: true, after: before.text };
      return { kind: 'expression', typeAllowed: before.text === '(' || isTypeTaker(raw, cursor.before), after: before.text };
    default:
      return record && before.text === '*' ? { kind: 'nothing' } : { ...EXPRESSION, after: before.text };
  }
}

const EXPRESSION = { kind: 'expression', typeAllowed: false, after: '' } as const;

/** `.` behind an object selects a member; behind `{`, `,` or another designator it begins a designator. */
function afterDot(raw: readonly Token[], dot: number): Expected {
  const object = raw[dot - 1];
  const designates = object?.text === '{' || object?.text === ',';
  if (!designates) return { kind: 'member', operator: dot };
  return { kind: 'designator', brace: openBracketBefore(raw, dot - 1, '{', false), dotted: true };
}

function afterWord(analysis: SourceAnalysis, cursor: Cursor, before: Token, inFunction: boolean): Expected {
  const { text } = before;
  if (text === 'struct' || text === 'union' || text === 'enum') return { kind: 'tag', keyword: text };
  if (text === 'goto') return { kind: 'label' };
  if (text === 'else' || text === 'do') return { kind: 'statement' };
  if (BEFORE_EXPRESSIONS.has(text)) return { ...EXPRESSION, after: text };
  if (BEFORE_TYPES.has(text)) return { kind: 'declaration', member: inFunction };
  if (LENGTHENED.has(text)) return { kind: 'type-words' };
  if (TYPE_WORDS.has(text)) return { kind: 'nothing' };
  const macro = analysis.macros.get(text);
  // `static __always_inline`: the macro stands for specifiers.
  if (macro?.params === null && macro.body[0]?.kind === 'identifier' && !inFunction)
    return { kind: 'declaration', member: false };
  if (before.firstOnLine && raw(analysis, cursor.before - 1) === 'else') return { kind: 'statement' };
  if (!startsLine(analysis, cursor)) return { kind: 'nothing' };
  return inFunction ? { kind: 'statement' } : { kind: 'declaration', member: insideRecord(analysis.raw, cursor.before) };
}

const raw = (analysis: SourceAnalysis, index: number): string => analysis.raw[index]?.text ?? '';

/** The word at the cursor is the first of its line: what stands above was left unfinished. */
function startsLine(analysis: SourceAnalysis, cursor: Cursor): boolean {
  const { text } = analysis.file;
  return text.slice(text.lastIndexOf('\n', cursor.word.start - 1) + 1, cursor.word.start).trim() === '';
}

/** `if (x) …` begins a statement, `(type) …` and a finished operand do not. */
function afterParenthesis(raw: readonly Token[], close: number): Expected {
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    const text = raw[at]?.text;
    if (text === ')') depth++;
    else if (text === '(' && --depth === 0) {
      const word = raw[at - 1];
      if (word !== undefined && ['if', 'while', 'for', 'switch'].includes(word.text)) return { kind: 'statement' };
      // A macro that stands before a block, as bpf_for does, or a cast.
      return word?.kind === 'identifier' && !BEFORE_EXPRESSIONS.has(word.text) ? { kind: 'nothing' } : EXPRESSION;
    }
  }
  return { kind: 'nothing' };
}

/** `type *` declares, `a *` multiplies. */
function isPointerStar(analysis: SourceAnalysis, tokens: readonly Token[], star: number): boolean {
  let at = star;
  while (tokens[at]?.text === '*') at--;
  const word = tokens[at];
  if (word?.kind !== 'identifier') return false;
  if (TYPE_WORDS.has(word.text) || ['struct', 'union', 'enum'].includes(tokens[at - 1]?.text ?? '')) return true;
  return findName(analysis, word.text, word.start)?.kind === 'typedef';
}

/** Calls that take a type: `sizeof(`, `offsetof(`, `__type(key, `. */
function isTypeTaker(raw: readonly Token[], index: number): boolean {
  const open = openBracketBefore(raw, index, '(', true);
  const word = raw[open - 1]?.text ?? '';
  return /^(sizeof|_Alignof|offsetof|__builtin_offsetof|__type|typeof|__typeof__|container_of)$/.test(word);
}

/** True inside `= …` at file scope, where values stand. */
function insideValue(raw: readonly Token[], index: number): boolean {
  for (let at = index; at >= 0; at--) {
    const text = raw[at]?.text;
    if (text === ';' || text === '}') return false;
    if (text === '=') return true;
  }
  return false;
}

const inBraces = (raw: readonly Token[], index: number): boolean => openBracketBefore(raw, index, '{', false) >= 0;

/** The innermost brace belongs to a struct or union. */
function insideRecord(raw: readonly Token[], index: number): boolean {
  const brace = openBracketBefore(raw, index, '{', false);
  if (brace < 0) return false;
  const words = [raw[brace - 1]?.text, raw[brace - 2]?.text];
  return words.includes('struct') || words.includes('union');
}

/** Index of the brace of the list that the cursor is directly in, or -1. */
function braceOfList(analysis: SourceAnalysis, index: number): number {
  const { raw, index: known } = analysis;
  const brace = openBracketBefore(raw, index, '{', false);
  if (brace < 0 || openBracketBefore(raw, index, '(', true) > brace) return -1;
  const start = raw[brace]?.start ?? -1;
  return known.lists.has(start) || raw[brace - 1]?.text === '=' ? brace : -1;
}
