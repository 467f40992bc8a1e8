// Declarations and function definitions (C11 6.7, 6.9, with GNU's old-style definitions). Always returns a tree; a part that
// cannot be read becomes an error node and one finding. Knows no meaning of names except which are types.

import type {
  Declaration,
  Declarator,
  FunctionDefinition,
  InitDeclarator,
  Initializer,
  Specifiers,
  StaticAssertion,
  TopLevel,
} from './ast.ts';
import { stringBytes } from './literals.ts';
import { parseAttributes } from './parse-attributes.ts';
import { parseDeclarator } from './parse-declarators.ts';
import { parseConditional } from './parse-expressions.ts';
import { parseInitializer } from './parse-initialisers.ts';
import { parseSpecifiers, startsType } from './parse-specifiers.ts';
import { parseBlock } from './parse-statements.ts';
import type { Parser } from './parser.ts';
import type { Token } from './token.ts';

/** translation-unit: external-declaration* */
export function parseTranslationUnit(p: Parser): TopLevel[] {
  const items: TopLevel[] = [];
  while (!p.atEnd && !p.reporter.full) {
    const before = p.position;
    if (p.accept(';') !== null || p.token.kind === 'pragma') {
      if (p.token.kind === 'pragma') p.notePragma(p.advance().text);
      continue;
    }
    const item = parseExternal(p);
    if (item !== null) items.push(item);
    if (p.position === before) p.advance();
  }
  return items;
}

function parseExternal(p: Parser): TopLevel | null {
  if (p.is('_Static_assert') || p.isStaticAssert) return parseStaticAssert(p);
  if (p.is('asm') || p.is('__asm__')) {
    p.error('inline-assembly');
    p.skipTo(';');
    p.accept(';');
    return null;
  }
  if (p.is('}')) {
    p.error('extraneous-brace');
    p.advance();
    return null;
  }
  return parseDeclaration(p, true);
}

/** static_assert-declaration: `_Static_assert` ( constant-expression [, string] ) ; */
export function parseStaticAssert(p: Parser): StaticAssertion {
  const first = p.advance();
  const open = p.token;
  p.expect('(', "after '_Static_assert'");
  const condition = parseConditional(p);
  let message: string | null = null;
  if (p.accept(',') !== null) {
    message = '';
    while (p.token.kind === 'string') message += String.fromCharCode(...(stringBytes(p.advance().text) ?? []));
  }
  p.expect(')', 'after the assertion', open);
  p.expect(';', "after '_Static_assert'");
  return { kind: 'static-assert', condition, message, place: p.placeFrom(first) };
}

/** declaration, or (with `external`) a function definition. Takes the `;` or the body. */
export function parseDeclaration(p: Parser, external: boolean): Declaration | FunctionDefinition {
  const first = p.token;
  const specifiers = parseSpecifiers(p, true);
  const declarators: InitDeclarator[] = [];
  if (p.accept(';') !== null) return { kind: 'declaration', specifiers, declarators, place: p.placeFrom(first) };
  if (p.previous.text === '}' && p.token.firstOnLine && startsType(p) && !p.isTypedefName(p.token.text))
    return { kind: 'declaration', specifiers, declarators, place: p.placeFrom(first) };
  // What was to be declared is still to be typed; the next declaration is none of its words.
  if (p.outdented) return { kind: 'declaration', specifiers, declarators, place: p.placeFrom(first) };
  for (;;) {
    const declarator = parseDeclarator(p, 'named');
    if (declarator.name !== null) p.declare(declarator.name, specifiers.storage === 'typedef');
    if (declarators.length === 0 && isFunctionDeclarator(declarator) && startsBody(p, declarator)) {
      if (!external) p.error('nested-function', [declarator.name ?? ''], declarator.place);
      return parseFunctionRest(p, first, specifiers, declarator);
    }
    let init: Initializer | null = null;
    if (p.accept('=') !== null) init = parseInitializer(p);
    declarators.push({ declarator, init });
    if (p.accept(',') === null) break;
    parseAttributes(p);
  }
  if (!p.expect(';', external ? 'after top level declarator' : 'at end of declaration')) recoverDeclaration(p, external);
  return { kind: 'declaration', specifiers, declarators, place: p.placeFrom(first) };
}

/** After a missing `;`: skip to something that starts a new line of declarations. */
function recoverDeclaration(p: Parser, external: boolean): void {
  if (p.token.firstOnLine && (startsType(p) || p.is('}') || !external)) return;
  if (external && p.is('{')) {
    p.skipTo('}');
    p.nested(() => skipBraces(p));
    return;
  }
  while (!p.atEnd) {
    if (p.is(';')) {
      p.advance();
      return;
    }
    if (p.is('}')) return;
    if (p.token.firstOnLine && startsType(p)) return;
    if (p.is('{')) skipBraces(p);
    else p.advance();
  }
}

function skipBraces(p: Parser): void {
  if (p.accept('{') === null) return;
  p.skipTo('}');
  p.accept('}');
}

const isFunctionDeclarator = (declarator: Declarator): boolean => declarator.parts[0]?.kind === 'function';

function startsBody(p: Parser, declarator: Declarator): boolean {
  if (p.is('{')) return true;
  const part = declarator.parts[0];
  return part?.kind === 'function' && part.names !== null && part.names.length > 0 && startsType(p);
}

function parseFunctionRest(p: Parser, first: Token, specifiers: Specifiers, declarator: Declarator): FunctionDefinition {
  const oldParameters: Declaration[] = [];
  p.pushScope();
  while (!p.is('{') && !p.atEnd && startsType(p)) {
    const declaration = parseDeclaration(p, false);
    if (declaration.kind === 'declaration') oldParameters.push(declaration);
  }
  const part = declarator.parts[0];
  if (part?.kind === 'function') {
    for (const param of part.params) if (param.declarator.name !== null) p.declare(param.declarator.name, false);
    for (const name of part.names ?? []) p.declare(name.text, false);
  }
  const place = p.placeFrom(first);
  const body = parseBlock(p);
  p.popScope();
  return { kind: 'function', specifiers, declarator, oldParameters, body, place };
}
