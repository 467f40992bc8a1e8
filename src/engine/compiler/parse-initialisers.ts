// Initialisers (C11 6.7.9): expressions, braced lists, designators with GNU ranges. Always returns a tree.

import type { Designator, Initializer, InitializerItem, InitializerList } from './ast.ts';
import { parseAssignment, parseConditional } from './parse-expressions.ts';
import type { Parser } from './parser.ts';
import { placeOf } from './token.ts';

/** initializer: an expression or a braced list. */
export function parseInitializer(p: Parser): Initializer {
  return p.is('{') ? p.nested(() => parseInitializerList(p), 4) : parseAssignment(p, false);
}

/** `{` initializer-list `}` with C99 designators, GNU ranges and GNU's old `name:` form. */
export function parseInitializerList(p: Parser): InitializerList {
  const open = p.advance();
  const items: InitializerItem[] = [];
  while (!p.is('}') && !p.atEnd) {
    const before = p.position;
    const designators: Designator[] = [];
    if (p.isName() && p.ahead(1).text === ':') {
      const name = p.advance();
      p.advance();
      designators.push({ kind: 'member', name: name.text, place: placeOf(name) });
    } else {
      parseDesignators(p, designators);
      if (designators.length > 0 && !p.is('{')) p.expect('=', 'after designator');
    }
    items.push({ designators, value: parseInitializer(p) });
    if (p.accept(',') === null) {
      if (p.is('}')) break;
      p.expect('}', 'at end of initialiser list', open);
      p.skipTo('}', ',', ';');
      if (p.is(';')) return { kind: 'initializer-list', items, place: p.placeFrom(open) };
      p.accept(',');
    }
    if (p.position === before) p.advance();
  }
  p.expect('}', 'at end of initialiser list', open);
  return { kind: 'initializer-list', items, place: p.placeFrom(open) };
}

/** `.member`, `[index]`, `[from ... to]`, any number. */
export function parseDesignators(p: Parser, into: Designator[]): void {
  for (;;) {
    const first = p.token;
    if (p.accept('.') !== null) {
      const name = p.token;
      if (!p.isName()) {
        p.error('expected-identifier', []);
        return;
      }
      p.advance();
      into.push({ kind: 'member', name: name.text, place: placeOf(name) });
    } else if (p.accept('[') !== null) {
      const from = parseConditional(p);
      const to = p.accept('...') === null ? null : parseConditional(p);
      p.expect(']', 'after designator', first);
      into.push({ kind: 'index', from, to, place: p.placeFrom(first) });
    } else return;
  }
}
