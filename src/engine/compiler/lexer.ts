// Characters to preprocessing tokens (C11 5.1.1.2 phases 2 and 3, section 6.4). A whole file at a time; keeps offsets, so that
// every token can be underlined. Knows nothing of directives or grammar.

import type { SourceFile } from '../base/source.ts';
import type { MessageCode } from './messages.ts';
import type { Token, TokenKind } from './token.ts';

/** Something wrong with the characters themselves, reported when the file is used. */
interface LexProblem {
  readonly code: MessageCode;
  readonly start: number;
  readonly end: number;
}

export interface LexedFile {
  /** Ends with an `end` token. */
  readonly tokens: readonly Token[];
  readonly problems: readonly LexProblem[];
}

const IDENTIFIER = /[A-Za-z_$\u00a0-\uffff][A-Za-z0-9_$\u00a0-\uffff]*/y;
const NUMBER = /\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*/y;
const PUNCTUATOR =
  /%:%:|\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|##|<:|:>|<%|%>|%:|[[\](){}.&*+\-~!/%<>^|?:;=,#]/y;
const SPLICE = /\\[ \t]*\r?\n/y;
const DIGRAPHS: Readonly<Record<string, string>> = { '<:': '[', ':>': ']', '<%': '{', '%>': '}', '%:': '#', '%:%:': '##' };

const match = (pattern: RegExp, text: string, at: number): string | null => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
};

const cache = new WeakMap<SourceFile, LexedFile>();

/** Tokens of a file; the same file object is lexed once. */
export function lex(file: SourceFile): LexedFile {
  let lexed = cache.get(file);
  if (lexed === undefined) {
    lexed = new Lexer(file).run();
    cache.set(file, lexed);
  }
  return lexed;
}

class Lexer {
  private readonly file: SourceFile;
  private readonly text: string;
  private at = 0;
  private firstOnLine = true;
  private spaceBefore = false;
  private readonly tokens: Token[] = [];
  private readonly problems: LexProblem[] = [];

  constructor(file: SourceFile) {
    this.file = file;
    this.text = file.text;
    if (this.text.charCodeAt(0) === 0xfeff) this.at = 1;
  }

  run(): LexedFile {
    while (this.at < this.text.length) {
      if (!this.skipSpace()) this.token();
    }
    this.firstOnLine = true;
    this.push('end', '', this.text.length, this.text.length);
    return { tokens: this.tokens, problems: this.problems };
  }

  private push(kind: TokenKind, text: string, start: number, end: number): void {
    this.tokens.push({
      kind,
      text,
      file: this.file,
      start,
      end,
      firstOnLine: this.firstOnLine,
      spaceBefore: this.spaceBefore,
      noExpand: false,
      expansion: null,
    });
    this.at = end;
    this.firstOnLine = false;
    this.spaceBefore = false;
  }

  /** Skips one piece of white space, comment or line splice; false when a token starts here. */
  private skipSpace(): boolean {
    const code = this.text.charCodeAt(this.at);
    if (code === 10) {
      this.at++;
      this.firstOnLine = true;
      this.spaceBefore = true;
      return true;
    }
    if (code === 32 || (code >= 9 && code <= 13)) {
      this.at++;
      this.spaceBefore = true;
      return true;
    }
    if (code === 92) {
      const splice = match(SPLICE, this.text, this.at);
      if (splice === null) return false;
      this.at += splice.length;
      this.spaceBefore = true;
      return true;
    }
    if (code !== 47) return false;
    const next = this.text.charCodeAt(this.at + 1);
    if (next === 47) this.lineComment();
    else if (next === 42) this.blockComment();
    else return false;
    this.spaceBefore = true;
    return true;
  }

  private lineComment(): void {
    for (let from = this.at; ; ) {
      const newline = this.text.indexOf('\n', from);
      if (newline < 0) {
        this.at = this.text.length;
        return;
      }
      const before = this.text.charCodeAt(newline - 1) === 13 ? newline - 2 : newline - 1;
      if (this.text.charCodeAt(before) !== 92) {
        this.at = newline;
        return;
      }
      from = newline + 1;
    }
  }

  private blockComment(): void {
    const close = this.text.indexOf('*/', this.at + 2);
    if (close < 0) {
      this.problems.push({ code: 'unterminated-comment', start: this.at, end: this.at + 2 });
      this.at = this.text.length;
      return;
    }
    this.at = close + 2;
  }

  private token(): void {
    const start = this.at;
    const code = this.text.charCodeAt(start);
    if ((code === 76 || code === 117 || code === 85) && this.prefixedLiteral(start)) return;
    if (code === 34) return this.literal('string', start, start, 34);
    if (code === 39) return this.literal('character', start, start, 39);
    for (const [kind, pattern] of [
      ['identifier', IDENTIFIER],
      ['number', NUMBER],
    ] as const) {
      const found = match(pattern, this.text, start);
      if (found !== null) return this.spliced(kind, pattern, found, start);
    }
    const punctuator = match(PUNCTUATOR, this.text, start);
    if (punctuator !== null) return this.push('punctuator', DIGRAPHS[punctuator] ?? punctuator, start, start + punctuator.length);
    const width = code >= 0xd800 && code <= 0xdbff ? 2 : 1;
    this.push('other', this.text.slice(start, start + width), start, start + width);
  }

  /** Joins a word that a backslash-newline cuts in two (C11 5.1.1.2, phase 2). */
  private spliced(kind: TokenKind, pattern: RegExp, first: string, start: number): void {
    let text = first;
    let end = start + first.length;
    for (let splice = match(SPLICE, this.text, end); splice !== null; splice = match(SPLICE, this.text, end)) {
      const more = /[A-Za-z0-9_$]*/y;
      const rest = match(more, this.text, end + splice.length) ?? '';
      if (rest === '' || (kind === 'number' && match(pattern, `0${rest}`, 0) === null)) break;
      text += rest;
      end += splice.length + rest.length;
    }
    this.push(kind, text, start, end);
  }

  private prefixedLiteral(start: number): boolean {
    const prefix = match(/(?:u8|[LuU])(?=["'])/y, this.text, start);
    if (prefix === null) return false;
    const quote = this.text.charCodeAt(start + prefix.length);
    this.literal(quote === 34 ? 'string' : 'character', start, start + prefix.length, quote);
    return true;
  }

  private literal(kind: TokenKind, start: number, open: number, quote: number): void {
    let at = open + 1;
    let cut = false;
    for (; ; at++) {
      const code = this.text.charCodeAt(at);
      if (Number.isNaN(code) || code === 10) {
        // A backslash may have been the last character.
        const end = Math.min(at, this.text.length);
        this.push('other', this.text.slice(start, end).trimEnd(), start, end);
        return;
      }
      if (code === quote) break;
      if (code !== 92) continue;
      const splice = match(SPLICE, this.text, at);
      if (splice === null) at++;
      else {
        cut = true;
        at += splice.length - 1;
      }
    }
    const text = this.text.slice(start, at + 1);
    this.push(kind, cut ? text.replace(/\\[ \t]*\r?\n/g, '') : text, start, at + 1);
  }
}
