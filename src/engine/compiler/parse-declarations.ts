// Declarations, types, attributes and initialisers (C11 6.7, 6.9, with GNU's attributes, typeof and old-style definitions).
// Always returns a tree; a part that cannot be read becomes an error node and one finding. Knows no meaning of names
// except which are types.

import type {
  Attribute,
  Declaration,
  Declarator,
  DeclaratorPart,
  Designator,
  EnumeratorDeclaration,
  Expr,
  FunctionDefinition,
  InitDeclarator,
  Initializer,
  InitializerItem,
  InitializerList,
  MemberDeclaration,
  ParameterDeclaration,
  Qualification,
  Specifiers,
  StaticAssertion,
  StorageClass,
  TopLevel,
  TypeName,
  TypeSpecifier,
} from './ast.ts';
import { stringBytes } from './literals.ts';
import { parseAssignment, parseConditional } from './parse-expressions.ts';
import { parseBlock } from './parse-statements.ts';
import type { Parser } from './parser.ts';
import { nearestName } from './spelling.ts';
import { placeOf, type Token } from './token.ts';

const TYPE_WORDS: Readonly<Record<string, string>> = {
  void: 'void',
  char: 'char',
  short: 'short',
  int: 'int',
  long: 'long',
  signed: 'signed',
  __signed__: 'signed',
  __signed: 'signed',
  unsigned: 'unsigned',
  _Bool: '_Bool',
  float: 'float',
  double: 'double',
  _Complex: '_Complex',
  _Imaginary: '_Complex',
  __int128: '__int128',
  __int128_t: '__int128',
  __uint128_t: '__int128',
};
const STORAGE: readonly string[] = ['typedef', 'extern', 'static', 'auto', 'register'];
const INLINE: readonly string[] = ['inline', '__inline', '__inline__', '_Noreturn'];
const QUALIFIERS: Readonly<Record<string, keyof Qualification | 'none'>> = {
  const: 'const',
  __const: 'const',
  __const__: 'const',
  volatile: 'volatile',
  __volatile: 'volatile',
  __volatile__: 'volatile',
  restrict: 'restrict',
  __restrict: 'restrict',
  __restrict__: 'restrict',
  _Atomic: 'none',
};
const TYPEOF: readonly string[] = ['typeof', '__typeof__', '__typeof'];
const ATTRIBUTE: readonly string[] = ['__attribute__', '__attribute'];
const OTHER_STARTS: ReadonlySet<string> = new Set([
  ...STORAGE,
  ...INLINE,
  ...TYPEOF,
  ...ATTRIBUTE,
  'struct',
  'union',
  'enum',
  '_Alignas',
  '_Thread_local',
  '__thread',
  '__extension__',
  '__auto_type',
]);
const NO_QUALIFIERS: Qualification = { const: false, volatile: false, restrict: false };

/** True when the token begins a declaration or a type name. */
export function startsType(p: Parser, token: Token = p.token): boolean {
  if (token.kind !== 'identifier') return false;
  const { text } = token;
  if (Object.hasOwn(TYPE_WORDS, text) || Object.hasOwn(QUALIFIERS, text) || OTHER_STARTS.has(text)) return true;
  return p.isTypedefName(text);
}

/** translation-unit: external-declaration* */
export function parseTranslationUnit(p: Parser): TopLevel[] {
  const items: TopLevel[] = [];
  while (!p.atEnd && !p.reporter.full) {
    const before = p.position;
    if (p.accept(';') !== null || p.token.kind === 'pragma') {
      if (p.token.kind === 'pragma') p.advance();
      continue;
    }
    const item = parseExternal(p);
    if (item !== null) items.push(item);
    if (p.position === before) p.advance();
  }
  return items;
}

function parseExternal(p: Parser): TopLevel | null {
  if (p.is('_Static_assert')) return parseStaticAssert(p);
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

interface Gathered {
  words: string[];
  type: TypeSpecifier | null;
  storage: StorageClass | null;
  inline: boolean;
  qualifiers: { const: boolean; volatile: boolean; restrict: boolean };
  attributes: Attribute[];
  alignas: (Expr | TypeName)[];
}

/** declaration-specifiers, or specifier-qualifier-list when `storageAllowed` is false. */
export function parseSpecifiers(p: Parser, storageAllowed: boolean): Specifiers {
  const first = p.token;
  const g: Gathered = {
    words: [],
    type: null,
    storage: null,
    inline: false,
    qualifiers: { ...NO_QUALIFIERS },
    attributes: [],
    alignas: [],
  };
  while (parseSpecifier(p, g, storageAllowed));
  let type: TypeSpecifier | null = g.type;
  if (g.words.length > 0) {
    if (type !== null) p.error('two-types', [], placeOf(first));
    type = { kind: 'words', words: g.words };
  }
  if (type === null) type = missingType(p, first, g);
  const { storage, inline, qualifiers, attributes, alignas } = g;
  return { place: p.placeFrom(first), storage, inline, qualifiers, type, attributes, alignas };
}

/** No type was read: an unknown name where a type should be, or implicit int. */
function missingType(p: Parser, first: Token, g: Gathered): TypeSpecifier {
  const name = p.token;
  const next = p.ahead(1);
  if (p.isName() && (p.isName(next) || next.text === '*') && next.kind !== 'end') {
    const near = nearestName(name.text, p.typedefNames());
    p.error('unknown-type', [name.text, near === null ? '' : `; did you mean '${near}'?`]);
    p.advance();
    return { kind: 'error' };
  }
  if (p.isName() && (next.text === '(' || g.storage !== null || g.inline)) {
    p.error('implicit-int', [], placeOf(name));
    return { kind: 'words', words: ['int'] };
  }
  if (g.storage !== null || g.inline) {
    p.error('implicit-int', [], placeOf(first));
    return { kind: 'words', words: ['int'] };
  }
  if (p.isName()) {
    const near = nearestName(name.text, p.typedefNames());
    p.error('unknown-type', [name.text, near === null ? '' : `; did you mean '${near}'?`]);
  } else if (!p.atEnd) p.error('expected-declaration', [p.token.text]);
  return { kind: 'error' };
}

/** Takes one specifier; false when the list is over. */
function parseSpecifier(p: Parser, g: Gathered, storageAllowed: boolean): boolean {
  const token = p.token;
  if (token.kind !== 'identifier') return false;
  const { text } = token;
  const word = Object.hasOwn(TYPE_WORDS, text) ? TYPE_WORDS[text] : undefined;
  if (word !== undefined) {
    g.words.push(...(text === '__uint128_t' ? ['unsigned', word] : [word]));
    p.advance();
    return true;
  }
  const qualifier = Object.hasOwn(QUALIFIERS, text) ? QUALIFIERS[text] : undefined;
  if (qualifier !== undefined) {
    if (qualifier !== 'none') g.qualifiers[qualifier] = true;
    p.advance();
    return true;
  }
  if (STORAGE.includes(text)) {
    if (!storageAllowed) p.error('storage-not-allowed', [text]);
    else if (g.storage !== null) p.error('two-storage-classes', [text]);
    else g.storage = storageOf(text);
    p.advance();
    return true;
  }
  if (INLINE.includes(text)) {
    g.inline ||= text !== '_Noreturn';
    p.advance();
    return true;
  }
  switch (text) {
    case '__attribute__':
    case '__attribute':
      g.attributes.push(...parseAttributes(p));
      return true;
    case '__extension__':
      p.advance();
      return true;
    case '_Thread_local':
    case '__thread':
      p.error('thread-local');
      p.advance();
      return true;
    case '_Alignas':
      parseAlignas(p, g);
      return true;
  }
  if (g.type !== null || g.words.length > 0) return false;
  g.type = parseTypeSpecifier(p);
  return g.type !== null;
}

function storageOf(text: string): StorageClass | null {
  switch (text) {
    case 'typedef':
    case 'extern':
    case 'static':
    case 'auto':
    case 'register':
      return text;
    default:
      return null;
  }
}

function parseAlignas(p: Parser, g: Gathered): void {
  p.advance();
  const open = p.token;
  p.expect('(', "after '_Alignas'");
  g.alignas.push(startsType(p) ? parseTypeName(p) : parseConditional(p));
  p.expect(')', "after '_Alignas'", open);
}

function parseTypeSpecifier(p: Parser): TypeSpecifier | null {
  const { text } = p.token;
  if (text === 'struct' || text === 'union') return p.nested(() => parseRecord(p, text), 8);
  if (text === 'enum') return parseEnum(p);
  if (text === '__auto_type') {
    p.advance();
    return { kind: 'auto' };
  }
  if (TYPEOF.includes(text)) {
    p.advance();
    const open = p.token;
    p.expect('(', `after '${text}'`);
    const type: TypeSpecifier = startsType(p)
      ? { kind: 'typeof-type', type: parseTypeName(p) }
      : { kind: 'typeof-expression', expr: p.nested(() => parseAssignment(p, true)) };
    p.expect(')', `after '${text}'`, open);
    return type;
  }
  if (p.isTypedefName(text)) {
    p.advance();
    return { kind: 'name', name: text };
  }
  return null;
}

/** struct-or-union-specifier */
function parseRecord(p: Parser, keyword: 'struct' | 'union'): TypeSpecifier {
  const first = p.advance();
  const attributes = [...parseAttributes(p)];
  const tag = p.isName() ? p.advance() : null;
  const place = tag === null ? placeOf(first) : placeOf(tag);
  const open = p.token;
  if (p.accept('{') === null) {
    if (tag === null) p.error('expected-tag', [keyword]);
    return { kind: 'record', keyword, tag: tag?.text ?? null, place, members: null, attributes };
  }
  const members: MemberDeclaration[] = [];
  while (!p.is('}') && !p.atEnd) {
    const before = p.position;
    if (p.accept(';') !== null) continue;
    if (p.is('_Static_assert')) {
      const assertion = parseStaticAssert(p);
      members.push({ specifiers: emptySpecifiers(p), declarators: [], place: assertion.place, assertion });
      continue;
    }
    members.push(parseMember(p));
    if (p.position === before) p.advance();
  }
  p.expect('}', `at end of ${keyword}`, open);
  attributes.push(...parseAttributes(p));
  return { kind: 'record', keyword, tag: tag?.text ?? null, place, members, attributes };
}

const emptySpecifiers = (p: Parser): Specifiers => ({
  place: placeOf(p.token),
  storage: null,
  inline: false,
  qualifiers: NO_QUALIFIERS,
  type: { kind: 'error' },
  attributes: [],
  alignas: [],
});

function parseMember(p: Parser): MemberDeclaration {
  const first = p.token;
  const specifiers = parseSpecifiers(p, false);
  const declarators: { declarator: Declarator; bits: Expr | null }[] = [];
  if (!p.is(';') && !p.is('}')) {
    do {
      parseAttributes(p);
      const declarator: Declarator = p.is(':')
        ? { name: null, place: placeOf(p.token), parts: [], attributes: [] }
        : parseDeclarator(p, 'member');
      const bits = p.accept(':') === null ? null : parseConditional(p);
      const attributes = [...declarator.attributes, ...parseAttributes(p)];
      declarators.push({ declarator: { ...declarator, attributes }, bits });
    } while (p.accept(',') !== null);
  }
  if (!p.expect(';', 'at end of declaration list') && !p.token.firstOnLine) {
    p.skipTo(';');
    p.accept(';');
  }
  return { specifiers, declarators, place: p.placeFrom(first) };
}

/** enum-specifier */
function parseEnum(p: Parser): TypeSpecifier {
  const first = p.advance();
  const attributes = [...parseAttributes(p)];
  const tag = p.isName() ? p.advance() : null;
  const place = tag === null ? placeOf(first) : placeOf(tag);
  const open = p.token;
  if (p.accept('{') === null) {
    if (tag === null) p.error('expected-tag', ['enum']);
    return { kind: 'enum', tag: tag?.text ?? null, place, enumerators: null, attributes };
  }
  const enumerators: EnumeratorDeclaration[] = [];
  while (!p.is('}') && !p.atEnd) {
    const name = p.token;
    if (!p.isName()) {
      p.error('expected-identifier', []);
      p.skipTo('}', ',');
      if (p.accept(',') === null) break;
      continue;
    }
    p.advance();
    parseAttributes(p);
    const value = p.accept('=') === null ? null : parseConditional(p);
    p.declare(name.text, false);
    enumerators.push({ name: name.text, place: placeOf(name), value });
    if (p.accept(',') === null) break;
  }
  if (!p.expect('}', 'at end of enum', open)) {
    p.skipTo('}');
    p.accept('}');
  }
  attributes.push(...parseAttributes(p));
  return { kind: 'enum', tag: tag?.text ?? null, place, enumerators, attributes };
}

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
      args.push({ kind: 'name', name: name.text, place: placeOf(name) });
    } else if (startsType(p)) args.push({ kind: 'size', of: 'alignof', operand: parseTypeName(p), place: placeOf(open) });
    else args.push(p.nested(() => parseAssignment(p, false)));
    if (p.accept(',') === null && p.position === before) p.advance();
  }
  p.expect(')', 'after attribute arguments', open);
  return args;
}

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
