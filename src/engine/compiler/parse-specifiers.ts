// Declaration specifiers (C11 6.7.1 to 6.7.5): type words, records, enums, typeof, storage classes, qualifiers. Always
// returns a tree. Knows no meaning of names except which are types.

import type {
  Attribute,
  Declarator,
  EnumeratorDeclaration,
  Expr,
  MemberDeclaration,
  Qualification,
  Specifiers,
  StorageClass,
  TypeName,
  TypeSpecifier,
} from './ast.ts';
import { parseAttributes } from './parse-attributes.ts';
import { parseStaticAssert } from './parse-declarations.ts';
import { parseDeclarator, parseTypeName } from './parse-declarators.ts';
import { parseAssignment, parseConditional } from './parse-expressions.ts';
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
export const QUALIFIERS: Readonly<Record<string, keyof Qualification | 'none'>> = {
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
export const ATTRIBUTE: readonly string[] = ['__attribute__', '__attribute'];
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
export const NO_QUALIFIERS: Qualification = { const: false, volatile: false, restrict: false };

/** True when the token begins a declaration or a type name. */
export function startsType(p: Parser, token: Token = p.token): boolean {
  if (token.kind !== 'identifier') return false;
  const { text } = token;
  if (Object.hasOwn(TYPE_WORDS, text) || Object.hasOwn(QUALIFIERS, text) || OTHER_STARTS.has(text)) return true;
  return p.isTypedefName(text);
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
  while (!(p.outdented && g.type !== null) && parseSpecifier(p, g, storageAllowed));
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
  if (text === '_Atomic') {
    p.error('atomic-type');
    g.qualifiers.volatile = true;
    if (p.ahead(1).text === '(' && g.type === null && g.words.length === 0) {
      p.advance();
      const open = p.advance();
      g.type = { kind: 'typeof-type', type: parseTypeName(p) };
      p.expect(')', "after '_Atomic'", open);
      return true;
    }
  }
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
  return g.type !== null && !endsWithoutSemicolon(p, g.type);
}

/** `struct s { … }` and a declaration on the next line: a semicolon is missing between them. */
function endsWithoutSemicolon(p: Parser, type: TypeSpecifier): boolean {
  const hasBody = (type.kind === 'record' && type.members !== null) || (type.kind === 'enum' && type.enumerators !== null);
  const { token } = p;
  if (!hasBody || !token.firstOnLine || p.previous.text !== '}' || !startsType(p) || p.isTypedefName(token.text)) return false;
  if (ATTRIBUTE.includes(token.text) || Object.hasOwn(QUALIFIERS, token.text)) return false;
  p.expect(';', 'after the definition of a type');
  return true;
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
    return { kind: 'name', name: text, place: placeOf(p.previous) };
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
  while (!p.is('}') && !p.atEnd && !p.outdented) {
    const before = p.position;
    if (p.accept(';') !== null) continue;
    if (p.token.kind === 'pragma') {
      p.notePragma(p.advance().text);
      continue;
    }
    if (p.is('_Static_assert') || p.isStaticAssert) {
      const assertion = parseStaticAssert(p);
      members.push({ specifiers: emptySpecifiers(p), declarators: [], place: assertion.place, assertion });
      continue;
    }
    members.push(parseMember(p));
    if (p.position === before) p.advance();
  }
  p.expect('}', `at end of ${keyword}`, open);
  attributes.push(...parseAttributes(p));
  const { pack } = p;
  if (pack > 0) attributes.push({ name: 'pragma pack', args: [{ kind: 'number', text: String(pack), place }], place });
  if (p.preservesAccess) attributes.push({ name: 'preserve_access_index', args: [], place });
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
