// Specifiers and declarators to types (C11 6.7.2 to 6.7.7): words, records, enums, typeof, pointers, arrays, functions.
// Reports what is no type and answers ERROR_TYPE. Layout is in layout.ts; declarations of objects in check-declarations.ts.

import {
  alignOf,
  BOOL,
  CHAR,
  type CType,
  type EnumType,
  type FunctionParameter,
  INT,
  LLONG,
  LONG,
  type RecordType,
  SCHAR,
  SHORT,
  sizeOf,
  UCHAR,
  UINT,
  ULLONG,
  ULONG,
  USHORT,
  VOID,
} from '../abi/ctype.ts';
import type {
  Attribute,
  Declarator,
  EnumeratorDeclaration,
  Expr,
  MemberDeclaration,
  Qualification,
  Specifiers,
  TypeName,
  TypeSpecifier,
} from './ast.ts';
import { checkExpression } from './check-expressions.ts';
import { integer } from './constant.ts';
import { rvalue } from './conversions.ts';
import { layOut, type PlainMember } from './layout.ts';
import { stringBytes } from './literals.ts';
import type { Checker, TagEntry } from './scope.ts';
import { nearestName } from './spelling.ts';
import type { Place } from './token.ts';
import {
  arrayOf,
  ERROR_TYPE,
  functionOf,
  integerOf,
  isComplete,
  isError,
  isInteger,
  isVoid,
  pointerTo,
  qualify,
  recordOf,
  sameLayout,
  typeText,
  unqualified,
} from './types.ts';

const BY_WORDS: ReadonlyMap<string, CType> = new Map<string, CType>([
  ['void', VOID],
  ['_Bool', BOOL],
  ['char', CHAR],
  ['char signed', SCHAR],
  ['char unsigned', UCHAR],
  ['short', SHORT],
  ['short signed', SHORT],
  ['int short', SHORT],
  ['int short signed', SHORT],
  ['short unsigned', USHORT],
  ['int short unsigned', USHORT],
  ['int', INT],
  ['signed', INT],
  ['int signed', INT],
  ['unsigned', UINT],
  ['int unsigned', UINT],
  ['long', LONG],
  ['long signed', LONG],
  ['int long', LONG],
  ['int long signed', LONG],
  ['long unsigned', ULONG],
  ['int long unsigned', ULONG],
  ['long long', LLONG],
  ['long long signed', LLONG],
  ['int long long', LLONG],
  ['int long long signed', LLONG],
  ['long long unsigned', ULLONG],
  ['int long long unsigned', ULLONG],
]);

/** The value of an attribute argument that is a string literal, else null. */
export function attributeText(attribute: Attribute): string | null {
  const first = attribute.args[0];
  if (first?.kind !== 'string') return null;
  return first.pieces.map((piece) => String.fromCharCode(...(stringBytes(piece) ?? []))).join('');
}

/** `aligned(n)` among attributes and _Alignas: the largest in bytes, or 0. */
export function requestedAlignment(c: Checker, attributes: readonly Attribute[], alignas: readonly (Expr | TypeName)[]): number {
  let align = 0;
  for (const attribute of attributes) {
    if (attribute.name !== 'aligned') continue;
    const argument = attribute.args[0];
    align = Math.max(align, argument === undefined ? 16 : alignmentOf(c, argument));
  }
  for (const argument of alignas)
    align = Math.max(align, argument.kind === 'type-name' ? alignOf(resolveTypeName(c, argument)) : alignmentOf(c, argument));
  return align;
}

function alignmentOf(c: Checker, argument: Expr): number {
  const value = checkConstant(c, argument, 'alignment');
  if (value === null) return 0;
  if (value < 1n || value > 4096n || (value & (value - 1n)) !== 0n) {
    c.report('bad-alignment', argument.place, [String(value)]);
    return 0;
  }
  return Number(value);
}

/** Checks an integer constant expression; null (with a finding) when it is none. */
export function checkConstant(c: Checker, expr: Expr, what: string): bigint | null {
  const checked = rvalue(c, checkExpression(c, expr));
  if (isError(checked.type)) return null;
  const value = integer(checked);
  if (value === null || !isInteger(checked.type)) {
    c.report('not-constant', expr.place, [what]);
    return null;
  }
  return value;
}

export const tagsIn = (attributes: readonly Attribute[], name: string): string[] =>
  attributes.flatMap((attribute) => {
    if (attribute.name !== name) return [];
    const text = attributeText(attribute);
    return text === null ? [] : [text];
  });

const withQualifiers = (type: CType, qualifiers: Qualification, tags: readonly string[]): CType =>
  qualify(type, { const: qualifiers.const, volatile: qualifiers.volatile, restrict: qualifiers.restrict, tags });

/** The type that declaration specifiers name, qualifiers included. */
export function resolveSpecifiers(c: Checker, specifiers: Specifiers): CType {
  const base = resolveSpecifier(c, specifiers.type, specifiers.place, specifiers.attributes);
  if (isError(base)) return base;
  return withQualifiers(base, specifiers.qualifiers, tagsIn(specifiers.attributes, 'btf_type_tag'));
}

function resolveSpecifier(c: Checker, type: TypeSpecifier, place: Place, attributes: readonly Attribute[]): CType {
  switch (type.kind) {
    case 'words':
      return resolveWords(c, type.words, place);
    case 'record':
      return resolveRecord(c, type, attributes);
    case 'enum':
      return resolveEnum(c, type);
    case 'name': {
      const found = c.scope.find(type.name);
      if (found !== null) c.observer?.named(found, type.name, type.place);
      if (found?.kind === 'typedef') return found.type;
      if (type.name === '__builtin_va_list') c.report('variadic-definition', place);
      else if (found?.kind !== 'broken') c.report('unknown-type', place, [type.name, '']);
      return ERROR_TYPE;
    }
    case 'typeof-expression':
      return typeOfExpression(c, type.expr);
    case 'typeof-type':
      return resolveTypeName(c, type.type);
    default:
      return ERROR_TYPE;
  }
}

function typeOfExpression(c: Checker, expr: Expr): CType {
  c.unevaluated++;
  const checked = checkExpression(c, expr);
  c.unevaluated--;
  return checked.type;
}

function resolveWords(c: Checker, words: readonly string[], place: Place): CType {
  if (words.some((word) => word === 'float' || word === 'double' || word === '_Complex')) {
    c.report('floating-point', place, [words.join(' ')]);
    return ERROR_TYPE;
  }
  if (words.includes('__int128')) {
    c.report('int128', place);
    return ERROR_TYPE;
  }
  const type = BY_WORDS.get([...words].sort().join(' '));
  if (type !== undefined) return type;
  c.report('bad-type-words', place, [words.join(' ')]);
  return ERROR_TYPE;
}

type RecordSpecifier = Extract<TypeSpecifier, { kind: 'record' }>;

function noteTag(c: Checker, tag: string | null, place: Place, isDefinition: boolean): void {
  if (c.observer === null || tag === null) return;
  const entry = c.scope.findTag(tag);
  if (entry !== null) c.observer.tagged(entry, tag, place, isDefinition);
}

function resolveRecord(c: Checker, spec: RecordSpecifier, attributes: readonly Attribute[]): CType {
  const { keyword, tag, members, place } = spec;
  const known = tag === null ? null : members === null ? c.scope.findTag(tag) : (c.scope.tags.get(tag) ?? null);
  if (known !== null && known.type.kind !== keyword) {
    const notes = [{ message: 'previous use is here', span: known.place }];
    c.report('tag-mismatch', place, [tag ?? ''], { notes });
    return ERROR_TYPE;
  }
  let record: RecordType;
  if (known !== null && known.type.kind !== 'enum') record = known.type;
  else {
    record = { kind: keyword, tag, members: null, size: 0, align: 1 };
    if (tag !== null) c.scope.tags.set(tag, { type: record, place });
  }
  noteTag(c, tag, place, members !== null);
  if (members === null) return record;
  const repeated = record.members !== null;
  const target: RecordType = repeated ? { kind: keyword, tag, members: null, size: 0, align: 1 } : record;
  const plain = collectMembers(c, members, keyword);
  for (const { declarators } of repeated ? [] : members)
    for (const { declarator } of declarators)
      if (declarator.name !== null) c.observer?.memberDeclared(record, declarator.name, declarator.place);
  const all = [...spec.attributes, ...attributes.filter((attribute) => attribute.name === 'packed')];
  const packed = all.some((attribute) => attribute.name === 'packed');
  if (all.some((attribute) => attribute.name === 'preserve_access_index')) target.preserveAccess = true;
  const pack = spec.attributes.find((attribute) => attribute.name === 'pragma pack')?.args[0];
  layOut(target, plain, packed, requestedAlignment(c, spec.attributes, []), pack?.kind === 'number' ? Number(pack.text) : 0);
  if (target.size > 1 << 26) c.report('type-too-large', place, [typeText(target)]);
  if (!repeated) {
    c.records.push(record);
    if (known !== null) known.place = place;
  } else if (!sameLayout(record, target)) {
    c.report('tag-redefined', place, [tag ?? ''], {
      notes: [{ message: 'previous definition is here', span: known?.place ?? place }],
    });
  }
  return record;
}

function collectMembers(c: Checker, members: readonly MemberDeclaration[], keyword: string): PlainMember[] {
  const plain: PlainMember[] = [];
  const seen = new Map<string, Place>();
  for (const declaration of members) {
    if (declaration.assertion !== undefined) {
      checkAssertion(c, declaration.assertion.condition, declaration.assertion.message, declaration.place);
      continue;
    }
    const base = resolveSpecifiers(c, declaration.specifiers);
    const { attributes, alignas } = declaration.specifiers;
    if (declaration.declarators.length === 0) {
      const record = recordOf(base);
      if (record !== null) {
        const align = requestedAlignment(c, attributes, alignas);
        plain.push({ name: null, type: base, bits: null, packed: false, align, tags: [] });
      } else if (!isError(base)) c.report('declares-nothing', declaration.place);
      continue;
    }
    for (const { declarator, bits } of declaration.declarators) {
      const all = [...attributes, ...declarator.attributes];
      const type = withMode(c, applyDeclarator(c, base, declarator), all);
      const earlier = declarator.name === null ? undefined : seen.get(declarator.name);
      if (earlier !== undefined) {
        const notes = [{ message: 'previous declaration is here', span: earlier }];
        c.report('duplicate-member', declarator.place, [declarator.name ?? ''], { notes });
        continue;
      }
      if (declarator.name !== null) seen.set(declarator.name, declarator.place);
      const last = declaration === members.at(-1) || keyword === 'union';
      const usable = checkMemberType(c, type, declarator, last);
      plain.push({
        name: declarator.name,
        type: usable,
        bits: bits === null ? null : bitWidth(c, bits, usable, declarator),
        packed: all.some((attribute) => attribute.name === 'packed'),
        align: requestedAlignment(c, all, alignas),
        tags: tagsIn(all, 'btf_decl_tag'),
      });
    }
  }
  return plain;
}

function checkMemberType(c: Checker, type: CType, declarator: Declarator, last: boolean): CType {
  if (isError(type)) return ERROR_TYPE;
  if (functionOf(type) !== null) {
    c.report('member-function', declarator.place, [declarator.name ?? '']);
    return ERROR_TYPE;
  }
  const array = arrayOf(type);
  if (array !== null && array.length === null && isComplete(array.of)) {
    if (!last) c.report('flexible-not-last', declarator.place, [declarator.name ?? '']);
    return type;
  }
  if (isComplete(type)) return type;
  c.report('incomplete-type', declarator.place, [typeText(type)]);
  return ERROR_TYPE;
}

function bitWidth(c: Checker, bits: Expr, type: CType, declarator: Declarator): number | null {
  const width = checkConstant(c, bits, 'bit-field width');
  if (width === null || isError(type)) return null;
  const t = integerOf(type);
  const limit = t === null ? 0 : t.bool ? 1 : t.size * 8;
  const bad = t === null || width < 0n || width > BigInt(limit) || (width === 0n && declarator.name !== null);
  if (!bad) return Number(width);
  c.report('bad-bit-field', bits.place, [declarator.name ?? '', String(width), typeText(type)]);
  return null;
}

type EnumSpecifier = Extract<TypeSpecifier, { kind: 'enum' }>;

function resolveEnum(c: Checker, spec: EnumSpecifier): CType {
  const { tag, enumerators, place } = spec;
  const known = tag === null ? null : enumerators === null ? c.scope.findTag(tag) : (c.scope.tags.get(tag) ?? null);
  if (known !== null && known.type.kind !== 'enum') {
    c.report('tag-mismatch', place, [tag ?? ''], { notes: [{ message: 'previous use is here', span: known.place }] });
    return ERROR_TYPE;
  }
  let type: EnumType;
  if (known !== null && known.type.kind === 'enum') type = known.type;
  else {
    type = { kind: 'enum', tag, enumerators: null, underlying: UINT };
    if (tag !== null) c.scope.tags.set(tag, { type, place });
  }
  noteTag(c, tag, place, enumerators !== null);
  if (enumerators === null) return type;
  if (type.enumerators !== null) {
    c.report('tag-redefined', place, [tag ?? ''], {
      notes: [{ message: 'previous definition is here', span: known?.place ?? place }],
    });
    return type;
  }
  fillEnum(
    c,
    type,
    enumerators,
    spec.attributes.some((attribute) => attribute.name === 'packed'),
    known,
  );
  return type;
}

function fillEnum(
  c: Checker,
  type: EnumType,
  enumerators: readonly EnumeratorDeclaration[],
  packed: boolean,
  known: TagEntry | null,
): void {
  let next = 0n;
  let low = 0n;
  let high = 0n;
  const list: { name: string; value: bigint }[] = [];
  for (const enumerator of enumerators) {
    if (enumerator.value !== null) next = checkConstant(c, enumerator.value, 'enumerator value') ?? next;
    const { name, place } = enumerator;
    const earlier = c.scope.names.get(name);
    if (earlier !== undefined && earlier.kind !== 'broken')
      c.report('redefinition', place, [name], { notes: [{ message: 'previous definition is here', span: earlier.place }] });
    list.push({ name, value: next });
    const small = next >= -(1n << 31n) && next < 1n << 31n;
    const valueType = small ? INT : next < 1n << 32n && next > 0n ? UINT : next >= 1n << 63n ? ULONG : LONG;
    const symbol = { kind: 'enumerator', name, type: valueType, value: next, place } as const;
    c.scope.names.set(name, symbol);
    c.observer?.declared(symbol, name, place, true);
    low = next < low ? next : low;
    high = next > high ? next : high;
    next++;
  }
  type.enumerators = list;
  type.underlying = enumUnderlying(low, high, packed);
  if (known !== null) known.place = enumerators[0]?.place ?? known.place;
}

function enumUnderlying(low: bigint, high: bigint, packed: boolean): typeof INT {
  if (packed) {
    const fits = (bits: bigint): boolean =>
      low < 0n ? low >= -(1n << (bits - 1n)) && high < 1n << (bits - 1n) : high < 1n << bits;
    if (fits(8n)) return low < 0n ? SCHAR : UCHAR;
    if (fits(16n)) return low < 0n ? SHORT : USHORT;
  }
  if (low < 0n) return low >= -(1n << 31n) && high < 1n << 31n ? INT : LONG;
  return high < 1n << 32n ? UINT : ULONG;
}

const MODES: ReadonlyMap<string, readonly [CType, CType]> = new Map([
  ['QI', [SCHAR, UCHAR]],
  ['byte', [SCHAR, UCHAR]],
  ['HI', [SHORT, USHORT]],
  ['SI', [INT, UINT]],
  ['DI', [LONG, ULONG]],
  ['word', [LONG, ULONG]],
  ['pointer', [LONG, ULONG]],
]);

/** `__attribute__((mode(DI)))`: the integer type of that width, with the sign of the one declared. */
export function withMode(c: Checker, type: CType, attributes: readonly Attribute[]): CType {
  const mode = attributes.find((attribute) => attribute.name === 'mode');
  const t = integerOf(type);
  if (mode === undefined || t === null) return type;
  const argument = mode.args[0];
  const name = argument?.kind === 'name' ? argument.name.replace(/^__(.+)__$/, '$1') : '';
  const types = MODES.get(name);
  if (types === undefined) {
    c.report('unknown-mode', mode.place, [name]);
    return type;
  }
  return t.signed ? types[0] : types[1];
}

/** The type of a type-name. */
export function resolveTypeName(c: Checker, name: TypeName): CType {
  return applyDeclarator(c, resolveSpecifiers(c, name.specifiers), name.declarator);
}

/** Applies the parts of a declarator to the type of the specifiers, from the outside in. */
export function applyDeclarator(c: Checker, base: CType, declarator: Declarator): CType {
  let type = base;
  for (let at = declarator.parts.length - 1; at >= 0; at--) {
    const part = declarator.parts[at];
    if (part === undefined) break;
    if (isError(type) && part.kind !== 'function') return ERROR_TYPE;
    switch (part.kind) {
      case 'pointer':
        type = withQualifiers(pointerTo(type), part.qualifiers, []);
        break;
      case 'array':
        type = arrayType(c, type, part.size, part.place, declarator);
        break;
      case 'function':
        if (functionOf(type) !== null || arrayOf(type) !== null) {
          c.report('function-returns', declarator.place, [typeText(type)]);
          return ERROR_TYPE;
        }
        type = functionType(c, type, part);
        break;
    }
  }
  return type;
}

function arrayType(c: Checker, of: CType, size: Expr | null, place: Place, declarator: Declarator): CType {
  const isOpen = arrayOf(of)?.length === null && c.parameters === 0;
  if (functionOf(of) !== null || isVoid(of) || (!isComplete(of) && arrayOf(of) === null) || isOpen) {
    c.report('array-of', declarator.place, [typeText(of)]);
    return ERROR_TYPE;
  }
  if (size === null) return { kind: 'array', of, length: null };
  const checked = rvalue(c, checkExpression(c, size));
  if (isError(checked.type)) return ERROR_TYPE;
  if (!isInteger(checked.type)) {
    c.report('array-size-type', size.place, [typeText(checked.type)]);
    return ERROR_TYPE;
  }
  const value = integer(checked);
  if (value === null) {
    // A parameter is a pointer: the size that `int a[n]` asks for is only said (C11 6.7.6.2).
    if (c.parameters > 0) return { kind: 'array', of, length: null };
    c.report(c.fn === null ? 'not-constant' : 'variable-length-array', size.place, ['array size']);
    return ERROR_TYPE;
  }
  if (value < 0n) {
    c.report('array-negative', size.place, [declarator.name ?? '']);
    return ERROR_TYPE;
  }
  if (value * BigInt(Math.max(1, sizeOf(of))) > 1n << 28n) {
    c.report('type-too-large', place, [`${typeText(of)}[${value}]`]);
    return ERROR_TYPE;
  }
  return { kind: 'array', of, length: Number(value) };
}

type FunctionPart = Extract<Declarator['parts'][number], { kind: 'function' }>;

function functionType(c: Checker, returns: CType, part: FunctionPart): CType {
  const params: FunctionParameter[] = [];
  const returned = unqualified(returns);
  if (part.names !== null) {
    for (const name of part.names) params.push({ name: name.text, type: INT });
    return { kind: 'function', returns: returned, params, variadic: false, unprototyped: true };
  }
  c.scoped(() => {
    for (const param of part.params) {
      const type = parameterType(resolveParameter(c, param.specifiers, param.declarator));
      const lone = part.params.length === 1 && param.declarator.name === null && param.declarator.parts.length === 0;
      if (isVoid(type)) {
        if (!lone || part.variadic) c.report('void-parameter', param.specifiers.place);
        if (lone) continue;
        params.push({ name: param.declarator.name, type: ERROR_TYPE });
        continue;
      }
      noteParameter(c, param.declarator, type);
      const tags = tagsIn([...param.specifiers.attributes, ...param.declarator.attributes], 'btf_decl_tag');
      params.push({ name: param.declarator.name, type, ...(tags.length > 0 ? { tags } : {}) });
    }
  });
  const shape = { kind: 'function', returns: returned, params, variadic: part.variadic } as const;
  return part.unprototyped ? { ...shape, unprototyped: true } : shape;
}

function resolveParameter(c: Checker, specifiers: Specifiers, declarator: Declarator): CType {
  const base = resolveSpecifiers(c, specifiers);
  c.parameters++;
  const type = applyDeclarator(c, base, declarator);
  c.parameters--;
  return type;
}

/** The parameter by its name, for sizes in the ones behind it. */
function noteParameter(c: Checker, { name, place }: Declarator, type: CType): void {
  if (name === null) return;
  const shared = { align: alignOf(type), cleanup: null, used: true, assigned: true };
  c.scope.names.set(name, { kind: 'local', name, type, place, isParameter: true, ...shared });
}

/** Arrays and functions as parameters are pointers (C11 6.7.6.3). */
export function parameterType(type: CType): CType {
  const array = arrayOf(type);
  if (array !== null) return pointerTo(array.of);
  return functionOf(type) === null ? type : pointerTo(type);
}

/** `_Static_assert`. */
export function checkAssertion(c: Checker, condition: Expr, message: string | null, place: Place): void {
  const value = checkConstant(c, condition, 'assertion');
  if (value === 0n) c.report('static-assertion', place, [message === null ? '' : `: "${message}"`]);
}

/** Did-you-mean for a tag that was never defined. */
export function tagHint(c: Checker, tag: string | null): string {
  const near = tag === null ? null : nearestName(tag, c.scope.visibleTags());
  return near === null ? '' : `; did you mean '${near}'?`;
}
