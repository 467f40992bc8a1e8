// What all parts of the parser share: the token cursor, the names that are types in each scope, the nesting limit, and
// recovery. Grammar is in parse-declarations.ts, parse-statements.ts and parse-expressions.ts.

import type { MessageCode } from './messages.ts';
import type { Reporter } from './report.ts';
import { type Place, placeBetween, placeOf, type Token } from './token.ts';

/**
 * Deepest nesting that is read, in units of stack: a statement is 1, a pair of parentheses 4, so that some 250 pairs fit
 * (clang's bracket depth is 256).
 */
const NESTING_LIMIT = 1000;

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'auto break case char const continue default do double else enum extern float for goto if inline int long register restrict ' +
    'return short signed sizeof static struct switch typedef union unsigned void volatile while _Alignas _Alignof _Atomic _Bool ' +
    '_Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local asm typeof __asm__ __asm __attribute__ __attribute ' +
    '__typeof__ __typeof __const __const__ __volatile__ __volatile __restrict __restrict__ __inline __inline__ __signed__ __signed ' +
    '__extension__ __alignof__ __alignof __label__ __builtin_offsetof __builtin_types_compatible_p __builtin_va_arg __thread ' +
    '__int128 __int128_t __uint128_t __auto_type __builtin_va_list'
  ).split(' '),
);

/**
 * How much layout tells the parser about text that is being typed. `lines`: what is half written ends with its line;
 * `blocks`: and an open block ends where the file goes on in the first column (for text whose braces do not match).
 */
export type Tolerance = 'none' | 'lines' | 'blocks';

/** True for a word that the language keeps for itself. */
export const isKeyword = (word: string): boolean => KEYWORDS.has(word);

export class Parser {
  readonly tokens: readonly Token[];
  readonly reporter: Reporter;
  private at = 0;
  private depth = 0;
  /** True after the nesting limit: what is missing at the end then is no news. */
  private abandoned = false;
  /** `#pragma clang attribute push` that are open: true for those that put preserve_access_index on records. */
  private readonly pushed: boolean[] = [];
  /** Largest alignment of members from `#pragma pack`; 0: none. */
  pack = 0;
  private readonly packs: number[] = [];
  private readonly typedefs: Map<string, boolean>[] = [new Map([['__builtin_va_list', true]])];

  private readonly tolerance: Tolerance;

  constructor(tokens: readonly Token[], reporter: Reporter, tolerance: Tolerance = 'none') {
    this.tokens = tokens;
    this.reporter = reporter;
    this.tolerance = tolerance;
  }

  /** True between a push and a pop of preserve_access_index. */
  get preservesAccess(): boolean {
    return this.pushed.includes(true);
  }

  /** `#pragma clang attribute push (…)` and `pop`, as clang has them; other pragmas change nothing here. */
  notePragma(text: string): void {
    if (/^clang attribute push\b/.test(text) && this.pushed.length < 1000)
      this.pushed.push(text.includes('preserve_access_index'));
    else if (/^clang attribute pop\b/.test(text)) this.pushed.pop();
    else if (text.startsWith('pack')) this.notePack(text);
  }

  get tolerant(): boolean {
    return this.tolerance !== 'none';
  }

  /** The parser is tolerant and the token at the cursor begins a line: what wanted it was never finished. */
  get cutByLine(): boolean {
    return this.tolerant && this.token.firstOnLine;
  }

  /** Blocks are not closed as they should be and a word stands in the first column, where declarations of the file begin. */
  get outdented(): boolean {
    const token = this.token;
    if (this.tolerance !== 'blocks' || token.kind !== 'identifier' || !token.firstOnLine) return false;
    const { file, start } = placeOf(token);
    return (start === 0 || file.text.charCodeAt(start - 1) === 10) && this.ahead(1).text !== ':';
  }

  /** `#pragma pack(n)`, `pack()`, `pack(push, n)`, `pack(push)`, `pack(pop)` as gcc and clang have them. */
  private notePack(text: string): void {
    const action = /\b(push|pop)\b/.exec(text)?.[1];
    const size = /\b(1|2|4|8|16)\b/.exec(text)?.[1];
    if (action === 'push' && this.packs.length < 1000) this.packs.push(this.pack);
    if (action === 'pop') this.pack = this.packs.pop() ?? 0;
    else if (size !== undefined || action === undefined) this.pack = Number(size ?? 0);
  }

  /** The token at the cursor; the end token stays for ever. */
  get token(): Token {
    return this.ahead(0);
  }

  get position(): number {
    return this.at;
  }

  ahead(distance: number): Token {
    const token = this.tokens[Math.min(this.at + distance, this.tokens.length - 1)];
    if (token === undefined) throw new RangeError('a token list ends with an end token');
    return token;
  }

  /** The token before the cursor. */
  get previous(): Token {
    return this.tokens[Math.max(0, this.at - 1)] ?? this.token;
  }

  get atEnd(): boolean {
    return this.token.kind === 'end';
  }

  advance(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.at++;
    return token;
  }

  /** True when the cursor is on this punctuator or keyword. */
  is(text: string): boolean {
    const token = this.token;
    return token.text === text && (token.kind === 'punctuator' || token.kind === 'identifier');
  }

  accept(text: string): Token | null {
    return this.is(text) ? this.advance() : null;
  }

  isName(token: Token = this.token): boolean {
    return token.kind === 'identifier' && !KEYWORDS.has(token.text);
  }

  /** C23 and <assert.h> spell it without the underscore. */
  get isStaticAssert(): boolean {
    return this.is('static_assert') && this.ahead(1).text === '(' && !this.isTypedefName('static_assert');
  }

  /** Takes `text` or reports that it is missing; the place is where it should stand. */
  expect(text: string, after: string, opener: Token | null = null): boolean {
    if (this.accept(text) !== null) return true;
    if (this.abandoned) return false;
    // An unterminated literal has swallowed the rest of its line.
    if (this.previous.kind === 'other' && this.token.firstOnLine) return text === ';';
    const notes = opener === null ? [] : [{ message: `to match this '${opener.text}'`, span: placeOf(opener) }];
    if (text === ';' || text === ')' || text === ']' || text === '}') {
      const place = this.afterPrevious();
      const fix = { description: `insert '${text}'`, span: place, text };
      this.reporter.report('expected-token', place, [text, after], text === ';' ? { notes, fix } : { notes });
    } else this.reporter.report('expected-token', placeOf(this.token), [text, after], { notes });
    return false;
  }

  /** The empty place right after the previous token, where something is missing. */
  afterPrevious(): Place {
    const previous = this.previous;
    if (this.at === 0) return placeOf(this.token);
    const place = placeOf(previous);
    return { ...place, start: Math.max(place.start, place.end - 1), end: place.end };
  }

  error(code: MessageCode, args: readonly string[] = [], place: Place = placeOf(this.token)): void {
    if (!this.abandoned) this.reporter.report(code, place, args);
  }

  placeFrom(first: Token): Place {
    const last = this.at > 0 ? this.previous : first;
    return placeBetween(first, last);
  }

  /** Runs `inner` deeper by `cost`; past the limit reports and jumps to the end, so that everything unwinds. */
  nested<T>(inner: () => T, cost = 1): T {
    this.depth += cost;
    if (this.depth > NESTING_LIMIT && !this.atEnd) {
      this.error('nesting-too-deep');
      this.at = this.tokens.length - 1;
      this.abandoned = true;
    }
    const result = inner();
    this.depth -= cost;
    return result;
  }

  /** Skips to one of `stops` at this bracket level, or to the end; takes nothing of it. Always stops at `}` and before `;` is passed. */
  skipTo(...stops: string[]): void {
    let level = 0;
    while (!this.atEnd) {
      const { text, kind } = this.token;
      if (kind === 'punctuator') {
        if (level === 0 && stops.includes(text)) return;
        if (text === '(' || text === '[' || text === '{') level++;
        else if (text === ')' || text === ']' || text === '}') {
          if (level === 0 && text === '}') return;
          level = Math.max(0, level - 1);
        }
      }
      this.advance();
    }
  }

  pushScope(): void {
    this.typedefs.push(new Map());
  }

  popScope(): void {
    this.typedefs.pop();
  }

  /** Declares a name in the innermost scope as a type or as something else. */
  declare(name: string, isType: boolean): void {
    this.typedefs.at(-1)?.set(name, isType);
  }

  isTypedefName(name: string): boolean {
    for (let at = this.typedefs.length - 1; at >= 0; at--) {
      const found = this.typedefs[at]?.get(name);
      if (found !== undefined) return found;
    }
    return false;
  }

  /** All type names in scope, for did-you-mean. */
  *typedefNames(): Iterable<string> {
    for (const scope of this.typedefs) for (const [name, isType] of scope) if (isType) yield name;
  }
}
