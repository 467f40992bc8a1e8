// Declarators and type names (C11 6.7.6, 6.7.7): pointers, arrays, functions with their parameters, nested parentheses.
// Always returns a tree. Knows nothing of types beyond which names are some.

import type { Attribute, Declarator, DeclaratorPart, ParameterDeclaration, TypeName } from './ast.ts';
import { parseAttributes } from './parse-attributes.ts';
import { parseAssignment } from './parse-expressions.ts';
import { ATTRIBUTE, NO_QUALIFIERS, parseSpecifiers, QUALIFIERS } from './parse-specifiers.ts';
import type { Parser } from './parser.ts';
import { placeOf, type Token } from './token.ts';

/** declarator (`named`, `member`), abstract-declarator, or either (`parameter`). */
export function parseDeclarator(p: Parser, form: 'named' | 'member' | 'abstract' | 'parameter'): Declarator {
  return p.nested(() => parseDeclaratorInner(p, form), 3);
}

function parseDeclaratorInner(p: Parser, form: 'named' | 'member' | 'abstract' | 'parameter'): Declarator {
  const pointers: DeclaratorPart[] = [];
  const attributes: Attribute[] = [...parseAttributes(p)];
  while (p.accept('*') !== null) {
    const qualifiers = { ...NO_QUALIFIERS };
    const pointerAttributes: Attribute[] = [];
    for (;;) {
      const qualifier = Object.hasOwn(QUALIFIERS, p.token.text) ? QUALIFIERS[p.token.text] : undefined;
      if (qualifier !== undefined && p.token.kind === 'identifier') {
        if (qualifier !== 'none') Object.assign(qualifiers, { [qualifier]: true });
        p.advance();
      } else if (p.is('__attribute__') || p.is('__attribute')) pointerAttributes.push(...parseAttributes(p));
      else break;
    }
    pointers.unshift({ kind: 'pointer', qualifiers, attributes: pointerAttributes });
    if (pointers.length > 200) p.nested(() => p.skipTo(';'));
  }
  let name: string | null = null;
  let place = placeOf(p.token);
  let inner: readonly DeclaratorPart[] = [];
  if (p.isName() && form !== 'abstract') {
    const token = p.advance();
    name = token.text;
    place = placeOf(token);
  } else if (p.is('(') && isNestedDeclarator(p, form)) {
    const open = p.advance();
    const nestedDeclarator = parseDeclarator(p, form);
    p.expect(')', 'after declarator', open);
    ({ name, place } = nestedDeclarator);
    inner = nestedDeclarator.parts;
    attributes.push(...nestedDeclarator.attributes);
  } else if (form === 'named' || form === 'member') {
    p.error('expected-declarator', [p.atEnd ? 'the end of the file' : `'${p.token.text}'`]);
    p.skipTo(';', ',', '{');
  }
  const suffixes = parseSuffixes(p);
  for (;;) {
    if (p.is('asm') || p.is('__asm__') || p.is('__asm')) {
      p.advance();
      p.accept('(');
      p.skipTo(')', ';');
      p.accept(')');
    } else if (p.is('__attribute__') || p.is('__attribute')) attributes.push(...parseAttributes(p));
    else break;
  }
  return { name, place, parts: [...inner, ...suffixes, ...pointers], attributes };
}

/** In `int (` … : is it a parenthesised declarator, or a parameter list of an abstract function? */
function isNestedDeclarator(p: Parser, form: 'named' | 'member' | 'abstract' | 'parameter'): boolean {
  const next = p.ahead(1);
  if (next.text === '*' || next.text === '(' || next.text === '[' || ATTRIBUTE.includes(next.text)) return true;
  if (form === 'named' || form === 'member') return true;
  return form === 'parameter' && p.isName(next) && !p.isTypedefName(next.text);
}

function parseSuffixes(p: Parser): DeclaratorPart[] {
  const parts: DeclaratorPart[] = [];
  for (;;) {
    const open = p.token;
    if (p.accept('[') !== null) {
      while (p.is('static') || Object.hasOwn(QUALIFIERS, p.token.text)) p.advance();
      const star = p.is('*') && p.ahead(1).text === ']';
      if (star) p.advance();
      const size = p.is(']') ? null : p.nested(() => parseAssignment(p, false));
      p.expect(']', 'after array size', open);
      parts.push({ kind: 'array', size, place: p.placeFrom(open), star });
    } else if (p.accept('(') !== null) parts.push(parseParameters(p, open));
    else return parts;
    if (parts.length > 200) p.nested(() => p.skipTo(';'));
  }
}

/** parameter-type-list or identifier-list, after the `(`. */
function parseParameters(p: Parser, open: Token): DeclaratorPart {
  if (p.accept(')') !== null)
    return { kind: 'function', params: [], variadic: false, unprototyped: true, names: null, place: p.placeFrom(open) };
  if (p.isName() && !p.isTypedefName(p.token.text) && [',', ')'].includes(p.ahead(1).text)) {
    const names: Token[] = [];
    do {
      if (!p.isName()) break;
      names.push(p.advance());
    } while (p.accept(',') !== null);
    p.expect(')', 'after parameter names', open);
    return { kind: 'function', params: [], variadic: false, unprototyped: true, names, place: p.placeFrom(open) };
  }
  const params: ParameterDeclaration[] = [];
  let variadic = false;
  p.pushScope();
  while (!p.atEnd) {
    if (p.accept('...') !== null) {
      variadic = true;
      break;
    }
    const specifiers = parseSpecifiers(p, true);
    const declarator = parseDeclarator(p, 'parameter');
    if (declarator.name !== null) p.declare(declarator.name, false);
    params.push({ specifiers, declarator });
    if (p.accept(',') === null) break;
  }
  p.popScope();
  if (!p.expect(')', 'after parameter list', open)) {
    p.skipTo(')', ';', '{');
    p.accept(')');
  }
  return { kind: 'function', params, variadic, unprototyped: false, names: null, place: p.placeFrom(open) };
}

/** type-name */
export function parseTypeName(p: Parser): TypeName {
  const first = p.token;
  const specifiers = parseSpecifiers(p, false);
  const declarator = parseDeclarator(p, 'abstract');
  return { kind: 'type-name', specifiers, declarator, place: p.placeFrom(first) };
}
