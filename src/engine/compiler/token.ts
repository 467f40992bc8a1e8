// Preprocessing tokens and where they came from. A token that a macro produced remembers the chain of expansions, so
// that a message can point at the use and explain the macro in notes. Knows nothing of grammar.

import type { SourceFile, Span } from '../base/source.ts';
import type { InlineSite } from './ir.ts';

/** `other` is a character or an unterminated literal that no rule accepts; `pragma` carries what the parser obeys. */
export type TokenKind = 'identifier' | 'number' | 'character' | 'string' | 'punctuator' | 'other' | 'pragma' | 'end';

/** One macro replacement: which macro, where it was used, and inside which other replacement. */
export interface Expansion {
  readonly macro: string;
  /** The name in the `#define`, null for built-in macros and `-D`. */
  readonly definition: Span | null;
  /** Where the outermost use stands in a file. */
  readonly at: Span;
  readonly parent: Expansion | null;
}

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Where the characters of the token stand. */
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  /** First token on its line: a `#` here starts a directive. */
  readonly firstOnLine: boolean;
  readonly spaceBefore: boolean;
  /** A macro name met while that macro was being replaced: it is never replaced again (C11 6.10.3.4). */
  readonly noExpand: boolean;
  readonly expansion: Expansion | null;
}

/** A span that knows the macro it came through; messages print the chain as notes. */
export interface Place extends Span {
  readonly expansion?: Expansion;
  /** Of code that was inlined: the call it came with. */
  readonly site?: InlineSite;
}

/** Where to report something about a token: the outermost macro use, or the token itself. */
export function placeOf(token: Token): Place {
  if (token.expansion === null) return { file: token.file, start: token.start, end: token.end };
  return { ...token.expansion.at, expansion: token.expansion };
}

/** From the first to the last token; when they stand in different files, the first alone. */
export function placeBetween(first: Token, last: Token): Place {
  if (first === last || (first.expansion !== null && first.expansion === last.expansion)) return placeOf(first);
  return joinPlaces(placeOf(first), placeOf(last));
}

/** The smallest place that covers both; the first when they stand in different files or out of order. */
export function joinPlaces(from: Place, to: Place): Place {
  if (from.file !== to.file || to.end < from.start) return from;
  if (from.expansion !== undefined && from.start === to.start && from.end === to.end) return from;
  return { file: from.file, start: from.start, end: Math.max(from.end, to.end) };
}
