// Expressions (C11 6.5 with GNU's statement expressions, omitted middle operand and built-ins that take types), by
// precedence climbing. Always returns a tree. Knows no types except which names are types.

import type { Designator, Expr, TypeName } from './ast.ts';
import { parseTypeName } from './parse-declarators.ts';
import { parseDesignators, parseInitializerList } from './parse-initialisers.ts';
import { startsType } from './parse-specifiers.ts';
import { parseBlock } from './parse-statements.ts';
import type { Parser } from './parser.ts';
import { PRECEDENCE } from './precedence.ts';
import { joinPlaces, type Place, placeOf, type Token } from './token.ts';

const ASSIGNMENTS: ReadonlySet<string> = new Set(['=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=']);

/** expression: assignment-expression [, assignment-expression]* */
export function parseExpression(p: Parser): Expr {
  return p.nested(() => {
    let left = parseAssignment(p, false);
    while (p.accept(',') !== null) {
      const right = parseAssignment(p, false);
      left = { kind: 'binary', op: ',', left, right, place: joinPlaces(left.place, right.place) };
    }
    return left;
  });
}

/** assignment-expression; with `comma` a whole expression (typeof). */
export function parseAssignment(p: Parser, comma: boolean): Expr {
  if (comma) return parseExpression(p);
  const target = parseConditional(p);
  const { text, kind } = p.token;
  if (kind !== 'punctuator' || !ASSIGNMENTS.has(text)) return target;
  p.advance();
  const value = p.nested(() => parseAssignment(p, false));
  return { kind: 'assign', op: text.slice(0, -1), target, value, place: joinPlaces(target.place, value.place) };
}

/** conditional-expression, the grammar of constant expressions too. */
export function parseConditional(p: Parser): Expr {
  const condition = parseBinary(p, 1);
  if (p.accept('?') === null) return condition;
  return p.nested((): Expr => {
    const yes = p.is(':') ? null : parseExpression(p);
    p.expect(':', "in '?:' expression");
    const no = parseConditional(p);
    return { kind: 'conditional', condition, yes, no, place: joinPlaces(condition.place, no.place) };
  });
}

function parseBinary(p: Parser, floor: number): Expr {
  let left = parseCast(p);
  for (;;) {
    const { text, kind } = p.token;
    const precedence = kind === 'punctuator' ? PRECEDENCE[text] : undefined;
    if (precedence === undefined || precedence < floor) return left;
    p.advance();
    const right = p.nested(() => parseBinary(p, precedence + 1));
    left = { kind: 'binary', op: text, left, right, place: joinPlaces(left.place, right.place) };
  }
}

/** cast-expression; a `{` after the type makes it a compound literal. */
function parseCast(p: Parser): Expr {
  if (!p.is('(') || !startsType(p, p.ahead(1))) return parseUnary(p);
  return p.nested((): Expr => {
    const open = p.advance();
    const type = parseTypeName(p);
    p.expect(')', 'after type name', open);
    if (p.is('{')) return parsePostfix(p, compoundLiteral(p, open, type));
    const operand = parseCast(p);
    return { kind: 'cast', type, operand, place: joinPlaces(placeOf(open), operand.place) };
  });
}

function compoundLiteral(p: Parser, open: Token, type: TypeName): Expr {
  const init = parseInitializerList(p);
  return { kind: 'compound', type, init, place: p.placeFrom(open) };
}

function parseUnary(p: Parser): Expr {
  const first = p.token;
  if (first.kind === 'punctuator') {
    switch (first.text) {
      case '&':
      case '*':
      case '+':
      case '-':
      case '~':
      case '!': {
        const op = first.text;
        p.advance();
        const operand = p.nested(() => parseCast(p), 2);
        return { kind: 'unary', op, operand, place: joinPlaces(placeOf(first), operand.place) };
      }
      case '++':
      case '--': {
        const op = first.text;
        p.advance();
        const operand = p.nested(() => parseUnary(p));
        return { kind: 'step', op, prefix: true, operand, place: joinPlaces(placeOf(first), operand.place) };
      }
      case '&&': {
        p.advance();
        const label = p.token;
        if (p.isName()) p.advance();
        else p.error('expected-identifier');
        return { kind: 'label-address', label: label.text, place: p.placeFrom(first) };
      }
    }
  }
  switch (first.text) {
    case 'sizeof':
    case '_Alignof':
    case '__alignof__':
    case '__alignof':
      if (first.kind === 'identifier') return p.nested(() => parseSize(p));
      break;
    case '__extension__':
      p.advance();
      return p.nested(() => parseCast(p));
  }
  return parsePostfix(p, parsePrimary(p));
}

function parseSize(p: Parser): Expr {
  const first = p.advance();
  const of = first.text === 'sizeof' ? 'sizeof' : 'alignof';
  if (!p.is('(') || !startsType(p, p.ahead(1))) {
    const operand = parseUnary(p);
    return { kind: 'size', of, operand, place: joinPlaces(placeOf(first), operand.place) };
  }
  const open = p.advance();
  const type = parseTypeName(p);
  p.expect(')', `after '${first.text}'`, open);
  if (!p.is('{')) return { kind: 'size', of, operand: type, place: p.placeFrom(first) };
  const operand = parsePostfix(p, compoundLiteral(p, open, type));
  return { kind: 'size', of, operand, place: p.placeFrom(first) };
}

function parsePostfix(p: Parser, start: Expr): Expr {
  let object = start;
  for (let count = 0; ; count++) {
    const token = p.token;
    if (token.kind !== 'punctuator') return object;
    if (count > 5000) {
      p.skipTo(';');
      return object;
    }
    const place = (): Place => joinPlaces(object.place, p.placeFrom(token));
    switch (token.text) {
      case '[': {
        p.advance();
        const index = parseExpression(p);
        p.expect(']', 'after index', token);
        object = { kind: 'index', object, index, place: place() };
        break;
      }
      case '(': {
        const args = parseArguments(p);
        object = { kind: 'call', callee: object, args, place: place() };
        break;
      }
      case '.':
      case '->': {
        p.advance();
        const name = p.token;
        const arrow = token.text === '->';
        if (name.kind !== 'identifier' || p.cutByLine) {
          p.error('expected-member', [token.text]);
          return { kind: 'member', object, name: '', namePlace: placeOf(token), arrow, place: place() };
        }
        p.advance();
        object = { kind: 'member', object, name: name.text, namePlace: placeOf(name), arrow, place: place() };
        break;
      }
      case '++':
      case '--':
        p.advance();
        object = { kind: 'step', op: token.text, prefix: false, operand: object, place: place() };
        break;
      default:
        return object;
    }
  }
}

function parseArguments(p: Parser): Expr[] {
  const open = p.advance();
  const args: Expr[] = [];
  if (p.accept(')') !== null) return args;
  do {
    args.push(p.nested(() => parseAssignment(p, false), 4));
  } while (p.accept(',') !== null);
  if (!p.expect(')', 'after arguments', open)) {
    // How many there should be is not known: no finding about their number.
    args.push({ kind: 'error', place: placeOf(p.token) });
    p.skipTo(')', ';', '{');
    p.accept(')');
  }
  return args;
}

function parsePrimary(p: Parser): Expr {
  const token = p.token;
  const place = placeOf(token);
  switch (token.kind) {
    case 'number':
      p.advance();
      return { kind: 'number', text: token.text, place };
    case 'character':
      p.advance();
      return { kind: 'character', text: token.text, place };
    case 'string': {
      const pieces: string[] = [];
      while (p.token.kind === 'string') pieces.push(p.advance().text);
      return { kind: 'string', pieces, place: p.placeFrom(token) };
    }
    case 'identifier': {
      const special = parseKeywordPrimary(p, token);
      if (special !== null) return special;
      if (!p.isName()) break;
      p.advance();
      return { kind: 'name', name: token.text, at: place, place };
    }
    case 'punctuator':
      if (token.text === '(') return parseParenthesised(p, token);
      break;
    case 'other':
      if (/^(u8|[LuU])?["']/.test(token.text)) {
        p.error('unterminated-literal', [token.text.includes('"') ? '"' : "'"]);
        p.advance();
        return { kind: 'error', place };
      }
      p.error('stray-character', [token.text]);
      p.advance();
      return { kind: 'error', place };
  }
  p.error('expected-expression', [token.kind === 'end' ? 'the end of the file' : `'${token.text}'`]);
  if (token.kind === 'pragma') p.advance();
  return { kind: 'error', place };
}

function parseParenthesised(p: Parser, open: Token): Expr {
  return p.nested((): Expr => {
    p.advance();
    if (p.is('{')) {
      const body = parseBlock(p);
      p.expect(')', 'after statement expression', open);
      return { kind: 'statement-expression', body, place: p.placeFrom(open) };
    }
    const inner = parseExpression(p);
    if (!p.expect(')', 'to close the expression', open)) p.skipTo(')', ';', '{');
    if (p.previous.text !== ')') p.accept(')');
    return { ...inner, place: p.placeFrom(open) };
  }, 3);
}

function parseKeywordPrimary(p: Parser, first: Token): Expr | null {
  switch (first.text) {
    case '__builtin_offsetof': {
      p.advance();
      const open = p.token;
      p.expect('(', "after '__builtin_offsetof'");
      const type = parseTypeName(p);
      p.expect(',', 'after the type');
      const path: Designator[] = [];
      const name = p.token;
      if (p.isName()) {
        p.advance();
        path.push({ kind: 'member', name: name.text, place: placeOf(name) });
        parseDesignators(p, path);
      } else p.error('expected-identifier');
      p.expect(')', "after '__builtin_offsetof'", open);
      return { kind: 'offsetof', type, path, place: p.placeFrom(first) };
    }
    case '__builtin_types_compatible_p': {
      p.advance();
      const open = p.token;
      p.expect('(', `after '${first.text}'`);
      const left = parseTypeName(p);
      p.expect(',', 'between the types');
      const right = parseTypeName(p);
      p.expect(')', `after '${first.text}'`, open);
      return { kind: 'types-compatible', left, right, place: p.placeFrom(first) };
    }
    case '_Generic':
      return parseGeneric(p, first);
    default:
      return null;
  }
}

/** generic-selection (C11 6.5.1.1) */
function parseGeneric(p: Parser, first: Token): Expr {
  p.advance();
  const open = p.token;
  p.expect('(', "after '_Generic'");
  const control = p.nested(() => parseAssignment(p, false));
  const arms: { type: TypeName | null; value: Expr }[] = [];
  while (p.accept(',') !== null) {
    const type = p.accept('default') === null ? parseTypeName(p) : null;
    p.expect(':', 'in generic selection');
    arms.push({ type, value: p.nested(() => parseAssignment(p, false)) });
  }
  p.expect(')', "after '_Generic'", open);
  return { kind: 'generic', control, arms, place: p.placeFrom(first) };
}
