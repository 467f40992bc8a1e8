// Expressions of #if and #elif (C11 6.10.1): 64-bit integers, names that are no macros are 0. Knows nothing of C types
// beyond intmax_t and uintmax_t.

import { s64, u64 } from '../base/u64.ts';
import { BUILTINS } from './builtins.ts';
import { characterValue, parseInteger } from './literals.ts';
import { PRECEDENCE } from './precedence.ts';
import type { Reporter } from './report.ts';
import { placeOf, type Token } from './token.ts';

export interface ConditionHost {
  readonly isDefined: (macro: string) => boolean;
  readonly hasHeader: (path: string, quoted: boolean) => boolean;
  readonly expand: (tokens: readonly Token[]) => Token[];
  readonly reporter: Reporter;
}

interface Amount {
  readonly value: bigint;
  readonly unsigned: boolean;
}
const amount = (value: bigint, unsigned = false): Amount => ({ value: unsigned ? u64(value) : s64(value), unsigned });
/** Names that ask for a feature: known to #ifdef, too. */
export const HAS: ReadonlySet<string> = new Set([
  '__has_include',
  '__has_include_next',
  '__has_builtin',
  '__has_attribute',
  '__has_feature',
  '__has_extension',
]);

/** Value of the condition after `name` (#if or #elif); false after a finding. */
export function evaluateCondition(name: Token, rest: readonly Token[], host: ConditionHost): boolean {
  const tokens = host.expand(resolveDefined(rest, host));
  const reader = new ConditionReader(name, tokens, host.reporter);
  return reader.run();
}

/** Replaces `defined X` and the `__has_` family by 0 or 1 before macros are replaced. */
function resolveDefined(line: readonly Token[], host: ConditionHost): Token[] {
  const out: Token[] = [];
  for (let i = 0; i < line.length; i++) {
    const token = line[i];
    if (token === undefined) break;
    const number = (yes: boolean): Token => ({ ...token, kind: 'number', text: yes ? '1' : '0' });
    if (token.text === 'defined') {
      const parenthesis = line[i + 1]?.text === '(';
      const macro = line[i + (parenthesis ? 2 : 1)];
      if (macro?.kind === 'identifier' && (!parenthesis || line[i + 3]?.text === ')')) {
        out.push(number(host.isDefined(macro.text) || HAS.has(macro.text)));
        i += parenthesis ? 3 : 1;
        continue;
      }
    } else if (HAS.has(token.text) && line[i + 1]?.text === '(') {
      let close = i + 2;
      while (close < line.length && line[close]?.text !== ')') close++;
      const inner = line.slice(i + 2, close);
      out.push(number(hasFeature(token.text, inner, host)));
      i = close;
      continue;
    }
    out.push(token);
  }
  return out;
}

function hasFeature(kind: string, inner: readonly Token[], host: ConditionHost): boolean {
  const text = inner.map((token) => token.text).join('');
  if (kind.startsWith('__has_include')) return host.hasHeader(text.slice(1, -1), text.startsWith('"'));
  if (kind === '__has_builtin')
    return BUILTINS.has(text) || text === '__builtin_offsetof' || text === '__builtin_types_compatible_p';
  return (
    kind === '__has_attribute' &&
    /^_*(always_inline|noinline|packed|aligned|section|unused|used|weak|cleanup|fallthrough|noreturn|mode|visibility|preserve_access_index|btf_decl_tag|btf_type_tag)_*$/.test(
      text,
    )
  );
}

class ConditionReader {
  private readonly name: Token;
  private readonly tokens: readonly Token[];
  private readonly reporter: Reporter;
  private at = 0;
  private depth = 0;
  private bad = false;

  constructor(name: Token, tokens: readonly Token[], reporter: Reporter) {
    this.name = name;
    this.tokens = tokens;
    this.reporter = reporter;
  }

  run(): boolean {
    if (this.tokens.length === 0) {
      this.reporter.report('condition-empty', placeOf(this.name), [this.name.text]);
      return false;
    }
    const result = this.conditional(true);
    if (this.at < this.tokens.length) this.fail();
    return !this.bad && result.value !== 0n;
  }

  private fail(): Amount {
    if (!this.bad) {
      const token = this.tokens[this.at] ?? this.tokens.at(-1) ?? this.name;
      this.reporter.report('condition-syntax', placeOf(token), [this.name.text]);
    }
    this.bad = true;
    this.at = this.tokens.length;
    return amount(0n);
  }

  private conditional(live: boolean): Amount {
    const condition = this.binary(1, live);
    if (this.tokens[this.at]?.text !== '?') return condition;
    this.at++;
    const yes = this.conditional(live && condition.value !== 0n);
    if (this.tokens[this.at]?.text !== ':') return this.fail();
    this.at++;
    const no = this.conditional(live && condition.value === 0n);
    return amount((condition.value !== 0n ? yes : no).value, yes.unsigned || no.unsigned);
  }

  private binary(floor: number, live: boolean): Amount {
    let left = this.unary(live);
    for (;;) {
      const operator = this.tokens[this.at]?.text ?? '';
      const precedence = PRECEDENCE[operator];
      if (precedence === undefined || precedence < floor) return left;
      this.at++;
      const skip = (operator === '&&' && left.value === 0n) || (operator === '||' && left.value !== 0n);
      const right = this.binary(precedence + 1, live && !skip);
      left = this.apply(operator, left, right, live && !skip);
    }
  }

  private unary(live: boolean): Amount {
    const token = this.tokens[this.at];
    if (token === undefined || this.depth > 200) return this.fail();
    this.at++;
    this.depth++;
    const result = this.operand(token, live);
    this.depth--;
    return result;
  }

  private operand(token: Token, live: boolean): Amount {
    switch (token.text) {
      case '(': {
        const inner = this.conditional(live);
        if (this.tokens[this.at]?.text !== ')') return this.fail();
        this.at++;
        return inner;
      }
      case '!':
        return amount(this.unary(live).value === 0n ? 1n : 0n);
      case '-': {
        const { value, unsigned } = this.unary(live);
        return amount(-value, unsigned);
      }
      case '+':
        return this.unary(live);
      case '~': {
        const { value, unsigned } = this.unary(live);
        return amount(~value, unsigned);
      }
    }
    if (token.kind === 'number') {
      const literal = parseInteger(token.text);
      if (literal !== null) return amount(literal.value, literal.unsigned || literal.value > 0x7fff_ffff_ffff_ffffn);
    } else if (token.kind === 'character') {
      const literal = characterValue(token.text);
      if (literal !== null) return amount(literal);
    } else if (token.kind === 'identifier') return amount(0n);
    this.at--;
    return this.fail();
  }

  private apply(operator: string, a: Amount, b: Amount, live: boolean): Amount {
    const unsigned = a.unsigned || b.unsigned;
    const x = unsigned ? u64(a.value) : a.value;
    const y = unsigned ? u64(b.value) : b.value;
    const truth = (yes: boolean): Amount => amount(yes ? 1n : 0n);
    switch (operator) {
      case '||':
        return truth(a.value !== 0n || b.value !== 0n);
      case '&&':
        return truth(a.value !== 0n && b.value !== 0n);
      case '|':
        return amount(x | y, unsigned);
      case '^':
        return amount(x ^ y, unsigned);
      case '&':
        return amount(x & y, unsigned);
      case '==':
        return truth(x === y);
      case '!=':
        return truth(x !== y);
      case '<':
        return truth(x < y);
      case '>':
        return truth(x > y);
      case '<=':
        return truth(x <= y);
      case '>=':
        return truth(x >= y);
      case '<<':
        return amount(a.value << (b.value & 63n), a.unsigned);
      case '>>':
        return amount(a.value >> (b.value & 63n), a.unsigned);
      case '+':
        return amount(x + y, unsigned);
      case '-':
        return amount(x - y, unsigned);
      case '*':
        return amount(x * y, unsigned);
      default:
        if (y === 0n) {
          if (live) this.fail();
          return amount(0n);
        }
        return amount(operator === '/' ? x / y : x % y, unsigned);
    }
  }
}
