// `__attribute__((…))` (GNU): names with arguments, as expressions where they parse as such. Knows nothing of what an
// attribute means.

import type { Attribute, Expr } from './ast.ts';
import { parseTypeName } from './parse-declarators.ts';
import { parseAssignment } from './parse-expressions.ts';
import { startsType } from './parse-specifiers.ts';
import type { Parser } from './parser.ts';
import { placeOf } from './token.ts';

/** Any number of `__attribute__((...))` and asm labels. */
export function parseAttributes(p: Parser): Attribute[] {
  const attributes: Attribute[] = [];
  while (p.is('__attribute__') || p.is('__attribute')) {
    p.advance();
    const open = p.token;
    if (!p.expect('(', "after '__attribute__'")) return attributes;
    p.expect('(', "after '__attribute__('");
    while (!p.is(')') && !p.atEnd) {
      if (p.accept(',') !== null) continue;
      const name = p.token;
      if (name.kind !== 'identifier') {
        p.error('expected-identifier', []);
        p.skipTo(')');
        break;
      }
      p.advance();
      const args = parseAttributeArguments(p);
      attributes.push({ name: name.text.replace(/^__(.+)__$/, '$1'), args, place: placeOf(name) });
    }
    p.expect(')', 'after attribute list', open);
    p.expect(')', 'after attribute list', open);
  }
  return attributes;
}

function parseAttributeArguments(p: Parser): Expr[] {
  const args: Expr[] = [];
  const open = p.token;
  if (p.accept('(') === null) return args;
  while (!p.is(')') && !p.atEnd) {
    const before = p.position;
    if (p.isName() && [',', ')'].includes(p.ahead(1).text)) {
      const name = p.advance();
      args.push({ kind: 'name', name: name.text, at: placeOf(name), place: placeOf(name) });
    } else if (startsType(p)) args.push({ kind: 'size', of: 'alignof', operand: parseTypeName(p), place: placeOf(open) });
    else args.push(p.nested(() => parseAssignment(p, false)));
    if (p.accept(',') === null && p.position === before) p.advance();
  }
  p.expect(')', 'after attribute arguments', open);
  return args;
}
