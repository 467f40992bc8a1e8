// The type of a postfix expression from its tokens alone: names, members, calls, indices, casts, parentheses. For text that
// the parser could not read as far as the cursor. Answers null when it cannot tell.

import type { CType, FunctionType, RecordType } from '../abi/ctype.ts';
import { findMember } from '../compiler/layout.ts';
import type { Token } from '../compiler/token.ts';
import { arrayOf, functionOf, pointerOf, pointerTo, recordOf } from '../compiler/types.ts';
import { matchingOpen } from './cursor.ts';
import type { SourceAnalysis } from './source-analysis.ts';
import { findName, findTag } from './visible-names.ts';

/** Longest chain that is followed. */
const LONGEST = 200;

/** Type of the postfix expression whose last token is `raw[last]`. */
export function typeOfPostfix(analysis: SourceAnalysis, last: number): CType | null {
  const first = postfixStart(analysis.raw, last);
  return first < 0 ? null : new Reader(analysis, first, last).postfix();
}

/** The record whose members `.` or `->` at `raw[operator]` selects: from the parsed text, else from the tokens. */
export function recordBefore(analysis: SourceAnalysis, operator: number): RecordType | null {
  const object = analysis.raw[operator - 1];
  if (object === undefined) return null;
  const checked = analysis.index.memberObjects.get(object.end);
  if (checked != null && checked.members !== null) return checked;
  const type = typeOfPostfix(analysis, operator - 1);
  const record = type === null ? null : recordOf(pointerOf(type)?.to ?? type);
  if (record === null || record.members !== null || record.tag === null) return record ?? checked ?? null;
  const known = findTag(analysis, record.tag, object.end)?.type;
  return known === undefined || known.kind === 'enum' ? record : known;
}

/** The function type behind a function, a pointer to one, or a helper. */
export function functionBehind(type: CType): FunctionType | null {
  return functionOf(pointerOf(type)?.to ?? type);
}

const isOperandEnd = (token: Token | undefined): boolean =>
  token?.kind === 'identifier' || token?.text === ')' || token?.text === ']';

function postfixStart(raw: readonly Token[], last: number): number {
  let at = last;
  for (let step = 0; step < LONGEST; step++) {
    const token = raw[at];
    if (token === undefined) return -1;
    if (token.text === ')' || token.text === ']') {
      const open = matchingOpen(raw, at);
      if (open < 0) return -1;
      const calls = isOperandEnd(raw[open - 1]) && !/^(if|while|for|switch|return|sizeof)$/.test(raw[open - 1]?.text ?? '');
      if (!calls) return token.text === ')' ? open : -1;
      at = open - 1;
    } else if (token.kind === 'identifier') {
      const operator = raw[at - 1]?.text;
      // An operator that ends the line above was left unfinished there.
      if ((operator !== '.' && operator !== '->') || token.firstOnLine) return at;
      at -= 2;
    } else return -1;
  }
  return -1;
}

class Reader {
  private readonly analysis: SourceAnalysis;
  private at: number;
  private readonly last: number;
  private steps = 0;

  constructor(analysis: SourceAnalysis, first: number, last: number) {
    this.analysis = analysis;
    this.at = first;
    this.last = last;
  }

  private get token(): Token | undefined {
    return this.at <= this.last ? this.analysis.raw[this.at] : undefined;
  }

  postfix(): CType | null {
    let type = this.primary();
    while (type !== null && this.token !== undefined && this.steps++ < LONGEST) {
      const { text } = this.token;
      if (text === '.' || text === '->') {
        const record: RecordType | null = recordOf(pointerOf(type)?.to ?? type);
        const name = this.analysis.raw[this.at + 1]?.text ?? '';
        type = record === null ? null : (findMember(record, name)?.member.type ?? null);
        this.at += 2;
      } else if (text === '[') {
        type = pointerOf(type)?.to ?? arrayOf(type)?.of ?? null;
        this.skipGroup();
      } else if (text === '(') {
        type = functionBehind(type)?.returns ?? null;
        this.skipGroup();
      } else break;
    }
    return type;
  }

  private skipGroup(): void {
    let depth = 0;
    for (; this.at <= this.last; this.at++) {
      const text = this.analysis.raw[this.at]?.text;
      if (text === '(' || text === '[') depth++;
      else if ((text === ')' || text === ']') && --depth === 0) break;
    }
    this.at++;
  }

  private primary(): CType | null {
    const token = this.token;
    if (token === undefined) return null;
    if (token.kind === 'identifier') {
      this.at++;
      const thing = findName(this.analysis, token.text, token.start);
      return thing !== null && 'type' in thing && thing.kind !== 'typedef' ? thing.type : null;
    }
    if (token.text !== '(') return null;
    const open = this.at;
    this.skipGroup();
    return new Reader(this.analysis, open + 1, this.at - 2).unary();
  }

  /** What stands in parentheses: a cast, an address, a dereference, or a postfix expression. */
  private unary(): CType | null {
    const text = this.token?.text;
    if (text === '&' || text === '*') {
      this.at++;
      const type = this.unary();
      return type === null ? null : text === '&' ? pointerTo(type) : (pointerOf(type)?.to ?? arrayOf(type)?.of ?? null);
    }
    if (text === '(') {
      const cast = new Reader(this.analysis, this.at + 1, this.last).typeName();
      if (cast !== null) return cast;
    }
    return this.postfix();
  }

  /** `struct tag *` or `name *` up to a `)`. */
  private typeName(): CType | null {
    while (this.token?.text === 'const' || this.token?.text === 'volatile') this.at++;
    const word = this.token;
    if (word?.kind !== 'identifier') return null;
    this.at++;
    let type: CType | null;
    if (word.text === 'struct' || word.text === 'union') {
      type = findTag(this.analysis, this.token?.text ?? '', word.start)?.type ?? null;
      this.at++;
    } else {
      const thing = findName(this.analysis, word.text, word.start);
      type = thing?.kind === 'typedef' ? thing.type : null;
    }
    while (type !== null && this.token?.text === '*') {
      type = pointerTo(type);
      this.at++;
    }
    return this.token?.text === ')' ? type : null;
  }
}
