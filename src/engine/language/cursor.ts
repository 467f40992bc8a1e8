// Where a cursor stands in the text as written: in code, a comment, a string or a directive; which word is being typed; which
// tokens come before. Works on tokens alone, so it needs no text that parses.

import type { Token } from '../compiler/token.ts';
import type { SourceAnalysis } from './source-analysis.ts';

export interface Cursor {
  readonly offset: number;
  readonly inside: 'code' | 'comment' | 'literal' | 'number' | 'directive';
  /** The part of the word at the cursor that stands before it. */
  readonly prefix: string;
  /** The whole word at the cursor, empty when there is none. */
  readonly word: { readonly start: number; readonly end: number };
  /** Index of the last token that ends before the word; -1 at the start of the text. */
  readonly before: number;
  /** Tokens of the directive the cursor is in, `#` first, up to the cursor. */
  readonly directive: readonly Token[];
}

/** Index of the last token that begins before `offset`; -1 when there is none. */
function lastTokenBefore(raw: readonly Token[], offset: number): number {
  let low = 0;
  let high = raw.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const token = raw[middle];
    if (token !== undefined && token.start < offset && token.kind !== 'end') low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function cursorAt(analysis: SourceAnalysis, offset: number): Cursor {
  const { raw, file } = analysis;
  const at = lastTokenBefore(raw, offset);
  const token = raw[at];
  const touching = token !== undefined && token.end >= offset;
  const isWord = touching && token.kind === 'identifier';
  const next = raw[at + 1];
  const following = !touching && next?.start === offset && next.kind === 'identifier' ? next : null;
  const word = isWord ? token : (following ?? { start: offset, end: offset });
  const before = isWord ? at - 1 : at;
  const directive = directiveBefore(analysis, before, word.start);
  let inside: Cursor['inside'] = directive.length > 0 ? 'directive' : 'code';
  if (touching && !isWord) {
    const open = token.end > offset || token.kind === 'other';
    if ((token.kind === 'string' || token.kind === 'character' || token.kind === 'other') && open && /["']/.test(token.text))
      inside = 'literal';
    if (token.kind === 'number') inside = 'number';
  } else if (!touching && inComment(file.text, token?.end ?? 0, offset)) inside = 'comment';
  return {
    offset,
    inside,
    prefix: file.text.slice(word.start, offset),
    word: { start: word.start, end: word.end },
    before,
    directive,
  };
}

/** White space and comments between two tokens: is `offset` inside a comment? */
function inComment(text: string, from: number, offset: number): boolean {
  for (let at = from; at < offset; at++) {
    if (text.startsWith('//', at)) {
      const end = text.indexOf('\n', at);
      if (end < 0 || end >= offset) return true;
      at = end;
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      if (end < 0 || end + 2 > offset) return true;
      at = end + 1;
    }
  }
  return false;
}

/** The tokens of the line up to `index` when the line is a directive and goes on to `offset`. */
function directiveBefore(analysis: SourceAnalysis, index: number, offset: number): readonly Token[] {
  const { raw, file } = analysis;
  const last = raw[index];
  if (last === undefined || /(^|[^\\\r])\r?\n/.test(file.text.slice(last.end, offset))) return [];
  let first = index;
  while (first > 0 && raw[first]?.firstOnLine !== true) first--;
  return raw[first]?.text === '#' ? raw.slice(first, index + 1) : [];
}

/** Index of the bracket that opens the innermost group around `offset` of the kind wanted, or -1; stops where a statement ends. */
export function openBracketBefore(raw: readonly Token[], index: number, wanted: '(' | '{', stopAtStatement: boolean): number {
  let depth = 0;
  for (let at = index; at >= 0; at--) {
    const token = raw[at];
    if (token?.kind !== 'punctuator') continue;
    const { text } = token;
    if (text === ')' || text === ']' || text === '}') depth++;
    else if (text === '(' || text === '[' || text === '{') {
      if (depth > 0) depth--;
      else if (text === wanted) return at;
      else if (text === '{') return -1;
    } else if (text === ';' && depth === 0 && stopAtStatement) return -1;
  }
  return -1;
}

/** Index of the bracket that opens what the bracket at `index` closes, or -1. */
export function matchingOpen(raw: readonly Token[], index: number): number {
  let depth = 0;
  for (let at = index; at >= 0; at--) {
    const token = raw[at];
    if (token?.kind !== 'punctuator') continue;
    if (token.text === ')' || token.text === ']' || token.text === '}') depth++;
    else if ((token.text === '(' || token.text === '[' || token.text === '{') && --depth === 0) return at;
  }
  return -1;
}
