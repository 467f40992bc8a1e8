// Statements (C11 6.8 with GNU's case ranges, local labels and asm). Recovery: after a finding inside a statement the
// parser goes on behind the next `;` or at the closing brace. Knows no meaning of names except which are types.

import type { BlockStatement, Declaration, Expr, Statement } from './ast.ts';
import { parseAttributes } from './parse-attributes.ts';
import { parseDeclaration, parseStaticAssert } from './parse-declarations.ts';
import { parseConditional, parseExpression } from './parse-expressions.ts';
import { startsType } from './parse-specifiers.ts';
import type { Parser } from './parser.ts';
import { placeOf, type Token } from './token.ts';

/** compound-statement, from `{` to `}`. */
export function parseBlock(p: Parser): BlockStatement {
  const open = p.token;
  p.expect('{', 'before the body');
  const body: Statement[] = [];
  p.pushScope();
  p.nested(() => {
    while (!p.is('}') && !p.atEnd && !p.reporter.full && !p.outdented) {
      const before = p.position;
      body.push(parseStatement(p));
      if (p.position === before) p.advance();
    }
  });
  p.popScope();
  const close = placeOf(p.token);
  p.expect('}', 'at end of block', open);
  return { kind: 'block', body, place: p.placeFrom(open), close };
}

/** statement or declaration */
function parseStatement(p: Parser): Statement {
  return p.nested(() => parseStatementInner(p));
}

function parseStatementInner(p: Parser): Statement {
  const first = p.token;
  if (first.kind === 'pragma') return parsePragma(p);
  if (first.kind === 'identifier') {
    if (p.ahead(1).text === ':' && p.ahead(1).kind === 'punctuator' && p.isName()) return parseLabel(p);
    const keyword = parseKeywordStatement(p, first);
    if (keyword !== null) return keyword;
    if (isFallthrough(p)) {
      parseAttributes(p);
      finish(p, 'after fallthrough');
      return { kind: 'fallthrough', place: p.placeFrom(first) };
    }
    if (startsType(p) && !isExpressionStart(p)) return localDeclaration(p);
    if (looksLikeDeclaration(p)) return localDeclaration(p);
  }
  if (p.is('{')) return parseBlock(p);
  if (p.accept(';') !== null) return { kind: 'empty', place: placeOf(first) };
  const expr = parseExpression(p);
  finish(p, 'after expression');
  return { kind: 'expression', expr, place: p.placeFrom(first) };
}

/** `__attribute__((fallthrough));` as a statement of its own. */
const isFallthrough = (p: Parser): boolean =>
  (p.is('__attribute__') || p.is('__attribute')) && /^(__)?fallthrough(__)?$/.test(p.ahead(3).text);

/** `__extension__ (…)` is an expression although the word also starts declarations. */
const isExpressionStart = (p: Parser): boolean =>
  p.is('__extension__') && !startsType(p, p.ahead(1)) && p.ahead(1).kind !== 'identifier';

/** `foo bar` or `foo *bar` with `;`, `=` or `,` behind it, where foo is unknown: a declaration with a misspelt type. */
function looksLikeDeclaration(p: Parser): boolean {
  if (!p.isName()) return false;
  const next = p.ahead(1);
  if (p.tolerant && next.firstOnLine) return false;
  if (p.isName(next) && next.kind === 'identifier') return [';', '=', ',', '['].includes(p.ahead(2).text);
  return false;
}

function localDeclaration(p: Parser): Statement {
  const declaration = parseDeclaration(p, false);
  if (declaration.kind === 'declaration') return declaration;
  // A function inside a function was reported; its calls are no further mistakes.
  const { specifiers, declarator, place } = declaration;
  return { kind: 'declaration', specifiers, declarators: [{ declarator, init: null }], place };
}

/** Takes the `;`, or skips to a place where a statement can start. */
function finish(p: Parser, after: string): void {
  if (p.expect(';', after)) return;
  if (p.token.firstOnLine || p.is('}')) return;
  while (!p.atEnd && !p.is(';') && !p.is('}') && !p.is('{') && !p.token.firstOnLine) {
    if (p.is('(') || p.is('[')) {
      const stop = p.is('(') ? ')' : ']';
      p.advance();
      p.skipTo(stop, ';');
      if (p.is(stop)) p.advance();
    } else p.advance();
  }
  p.accept(';');
}

/** `#pragma unroll [n]`, `#pragma clang loop unroll(full|disable)`, before a loop. */
function parsePragma(p: Parser): Statement {
  const pragma = p.advance();
  if (!/unroll|loop/.test(pragma.text)) {
    p.notePragma(pragma.text);
    return { kind: 'empty', place: placeOf(pragma) };
  }
  const count = /unroll(?:_count)?\s*\(?\s*(\d+)/.exec(pragma.text)?.[1];
  const off = /nounroll|disable/.test(pragma.text);
  const asked = /^unroll|unroll\s*\((?:full|enable)|unroll\s*$/.test(pragma.text);
  const unroll = off ? 1 : count !== undefined ? Number(count) : asked ? 0 : null;
  const statement = p.is('}') || p.atEnd ? ({ kind: 'empty', place: placeOf(pragma) } as const) : parseStatement(p);
  if (statement.kind === 'for' || statement.kind === 'while' || statement.kind === 'do') return { ...statement, unroll };
  return statement;
}

function parseLabel(p: Parser): Statement {
  const name = p.advance();
  p.advance();
  const attributes = parseAttributes(p);
  return { kind: 'label', name: name.text, attributes, body: labelled(p, name), place: placeOf(name) };
}

/** The statement behind a label; a closing brace there is a C23 liberty that we accept. */
function labelled(p: Parser, label: Token): Statement {
  if (p.is('}') || p.atEnd) return { kind: 'empty', place: placeOf(label) };
  return parseStatement(p);
}

function condition(p: Parser, after: string): Expr {
  const open = p.token;
  p.expect('(', `after '${after}'`);
  const expr = parseExpression(p);
  if (!p.expect(')', `after the condition of '${after}'`, open)) {
    p.skipTo(')', ';', '{');
    p.accept(')');
  }
  return expr;
}

function parseKeywordStatement(p: Parser, first: Token): Statement | null {
  switch (first.text) {
    case 'if': {
      p.advance();
      const test = condition(p, 'if');
      const yes = parseStatement(p);
      const no = p.accept('else') === null ? null : parseStatement(p);
      return { kind: 'if', condition: test, yes, no, place: placeOf(first) };
    }
    case 'while': {
      p.advance();
      const test = condition(p, 'while');
      return { kind: 'while', condition: test, body: parseStatement(p), unroll: null, place: placeOf(first) };
    }
    case 'do': {
      p.advance();
      const body = parseStatement(p);
      p.expect('while', 'in do/while loop');
      const test = condition(p, 'while');
      finish(p, 'after do/while statement');
      return { kind: 'do', condition: test, body, unroll: null, place: placeOf(first) };
    }
    case 'for':
      return parseFor(p);
    case 'switch': {
      p.advance();
      const value = condition(p, 'switch');
      return { kind: 'switch', value, body: parseStatement(p), place: placeOf(first) };
    }
    case 'case': {
      p.advance();
      const from = parseConditional(p);
      const to = p.accept('...') === null ? null : parseConditional(p);
      p.expect(':', "after 'case'");
      return { kind: 'case', from, to, body: labelled(p, first), place: p.placeFrom(first) };
    }
    case 'default':
      p.advance();
      p.expect(':', "after 'default'");
      return { kind: 'default', body: labelled(p, first), place: placeOf(first) };
    case 'else':
      p.error('stray-else');
      p.advance();
      return { kind: 'empty', place: placeOf(first) };
    default:
      return parseJump(p, first);
  }
}

function parseJump(p: Parser, first: Token): Statement | null {
  switch (first.text) {
    case 'break':
    case 'continue':
      p.advance();
      finish(p, `after ${first.text} statement`);
      return { kind: first.text, place: placeOf(first) };
    case 'return': {
      p.advance();
      const value = p.is(';') || p.is('}') ? null : parseExpression(p);
      finish(p, 'after return statement');
      return { kind: 'return', value, place: p.placeFrom(first) };
    }
    case 'goto': {
      p.advance();
      const label = p.token;
      if (p.accept('*') !== null) {
        p.error('computed-goto', [], placeOf(first));
        parseExpression(p);
        finish(p, 'after goto statement');
        return { kind: 'empty', place: placeOf(first) };
      }
      if (p.isName() && !p.cutByLine) p.advance();
      else p.error('expected-identifier');
      finish(p, 'after goto statement');
      return { kind: 'goto', label: label.text, labelPlace: placeOf(label), place: p.placeFrom(first) };
    }
    case 'asm':
    case '__asm__':
    case '__asm':
      return parseAsm(p);
    case 'static_assert':
      return p.isStaticAssert ? parseStaticAssert(p) : null;
    case '_Static_assert':
      return parseStaticAssert(p);
    case '__label__': {
      p.advance();
      const names: string[] = [];
      do names.push(p.advance().text);
      while (p.accept(',') !== null);
      finish(p, 'after label declaration');
      return { kind: 'local-labels', names, place: placeOf(first) };
    }
    default:
      return null;
  }
}

/** iteration-statement `for` */
function parseFor(p: Parser): Statement {
  const first = p.advance();
  const open = p.token;
  p.expect('(', "after 'for'");
  p.pushScope();
  let init: Expr | Declaration[] | null = null;
  if (startsType(p)) {
    const declaration = parseDeclaration(p, false);
    init = declaration.kind === 'declaration' ? [declaration] : null;
  } else {
    if (!p.is(';')) init = parseExpression(p);
    p.expect(';', "in 'for' statement");
  }
  const test = p.is(';') ? null : parseExpression(p);
  p.expect(';', "in 'for' statement");
  const step = p.is(')') ? null : parseExpression(p);
  if (!p.expect(')', "after 'for' clauses", open)) {
    p.skipTo(')', '{');
    p.accept(')');
  }
  const body = parseStatement(p);
  p.popScope();
  return { kind: 'for', init, condition: test, step, body, unroll: null, place: placeOf(first) };
}

const isString = (p: Parser): boolean => p.token.kind === 'string';

/** `asm volatile ("" : outputs : inputs : clobbers)`: only an empty template is code we can stand for. */
function parseAsm(p: Parser): Statement {
  const first = p.advance();
  let plain = true;
  while (p.is('volatile') || p.is('__volatile__') || p.is('__volatile') || p.is('goto') || p.is('inline')) p.advance();
  const open = p.token;
  p.expect('(', "after 'asm'");
  let text = '';
  while (isString(p)) text += p.advance().text.slice(1, -1);
  const outputs: Expr[] = [];
  for (let section = 0; p.accept(':') !== null; section++) {
    while (!p.is(':') && !p.is(')') && !p.atEnd) {
      if (p.accept('[') !== null) {
        p.skipTo(']');
        p.accept(']');
      }
      while (isString(p)) p.advance();
      if (p.accept('(') !== null) {
        const expr = parseExpression(p);
        if (section === 0) outputs.push(expr);
        p.expect(')', 'after operand');
      } else if (p.isName()) p.advance();
      if (p.accept(',') === null) break;
    }
    if (section > 3) plain = false;
  }
  if (text.trim() !== '') plain = false;
  if (!p.expect(')', "after 'asm'", open)) p.skipTo(')', ';');
  finish(p, "after 'asm'");
  return { kind: 'asm', text, plain, outputs, place: placeOf(first) };
}
