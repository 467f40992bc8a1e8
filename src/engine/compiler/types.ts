// Questions about C types that checking asks: classes of types, equality, ranks, promotions, spelling. Pure functions over
// abi/ctype.ts. Knows nothing of syntax or scopes.

import {
  type ArrayType,
  bare,
  type CType,
  type FunctionType,
  INT,
  type IntType,
  LLONG,
  LONG,
  type PointerType,
  type Qualifiers,
  type RecordType,
  sizeOf,
  UINT,
  ULLONG,
  ULONG,
} from '../abi/ctype.ts';

/** The type of an expression that was already reported; compared by identity, silences followers. */
export const ERROR_TYPE: CType = { kind: 'int', name: '<error>', size: 4, signed: true };

export const isError = (type: CType): boolean => bare(type) === ERROR_TYPE;

export const isInteger = (type: CType): boolean => {
  const { kind } = bare(type);
  return kind === 'int' || kind === 'enum';
};
export const isPointer = (type: CType): boolean => bare(type).kind === 'pointer';
export const isScalar = (type: CType): boolean => isInteger(type) || isPointer(type);
export const isVoid = (type: CType): boolean => bare(type).kind === 'void';
export const isRecord = (type: CType): boolean => recordOf(type) !== null;

/** The integer type behind an integer or enum type. */
export function integerOf(type: CType): IntType | null {
  const t = bare(type);
  return t.kind === 'int' ? t : t.kind === 'enum' ? t.underlying : null;
}
export function pointerOf(type: CType): PointerType | null {
  const t = bare(type);
  return t.kind === 'pointer' ? t : null;
}
export function arrayOf(type: CType): ArrayType | null {
  const t = bare(type);
  return t.kind === 'array' ? t : null;
}
export function recordOf(type: CType): RecordType | null {
  const t = bare(type);
  return t.kind === 'struct' || t.kind === 'union' ? t : null;
}
export function functionOf(type: CType): FunctionType | null {
  const t = bare(type);
  return t.kind === 'function' ? t : null;
}
export const pointerTo = (to: CType): PointerType => ({ kind: 'pointer', to });

/** Signed 32 or 64 bits wide and so on: true when values of the type can be negative. Pointers are unsigned. */
export const isSigned = (type: CType): boolean => integerOf(type)?.signed === true;

/** All qualifiers of the outermost level; an array has its element's. */
export function qualifiersOf(type: CType): Qualifiers {
  let isConst = false;
  let isVolatile = false;
  for (let t = type; ; ) {
    if (t.kind === 'qualified') {
      isConst ||= t.qualifiers.const === true;
      isVolatile ||= t.qualifiers.volatile === true;
      t = t.of;
    } else if (t.kind === 'typedef' || t.kind === 'array') t = t.of;
    else return { const: isConst, volatile: isVolatile };
  }
}

/** The type with qualifiers added; an array passes them to its elements. */
export function qualify(type: CType, qualifiers: Qualifiers): CType {
  const { const: c, volatile: v, restrict: r, tags } = qualifiers;
  if (!c && !v && !r && (tags === undefined || tags.length === 0)) return type;
  const t = bare(type);
  if (t.kind === 'array') return { ...t, of: qualify(t.of, qualifiers) };
  return {
    kind: 'qualified',
    of: type,
    qualifiers: {
      ...(c ? { const: true } : {}),
      ...(v ? { volatile: true } : {}),
      ...(r ? { restrict: true } : {}),
      ...(tags !== undefined && tags.length > 0 ? { tags } : {}),
    },
  };
}

/** Strips qualifiers of the outermost level but keeps a typedef's name where it hides none. */
export function unqualified(type: CType): CType {
  let t = type;
  while (t.kind === 'qualified') t = t.of;
  if (t.kind !== 'typedef') return t;
  const { const: c, volatile: v } = qualifiersOf(t);
  return c || v ? bare(t) : t;
}

/** False for void, functions, arrays of unknown length, records and enums without a body. */
export function isComplete(type: CType): boolean {
  const t = bare(type);
  switch (t.kind) {
    case 'void':
    case 'function':
      return false;
    case 'array':
      return t.length !== null && isComplete(t.of);
    case 'struct':
    case 'union':
      return t.members !== null;
    default:
      return true;
  }
}

/**
 * Integer promotion (C11 6.3.1.1): smaller than int becomes int, or unsigned int for a full-width unsigned bit-field. A narrow bit-field
 * of a type wider than int is promoted as well, as gcc and clang do.
 */
export function promoted(type: CType, bits: number | null = null): IntType {
  const t = integerOf(type);
  if (t === null) return INT;
  if (bits !== null && bits < 32) return INT;
  if (bits !== null && bits === 32) return t.signed ? INT : UINT;
  return t.size < 4 ? INT : t;
}

const rank = (t: IntType): number => (t.name.includes('long long') ? 3 : t.name.includes('long') ? 2 : 1);

/** Usual arithmetic conversions (C11 6.3.1.8) of two promoted types. */
export function commonType(a: IntType, b: IntType): IntType {
  if (a.signed === b.signed) return rank(a) >= rank(b) ? a : b;
  const [unsigned, signed] = a.signed ? [b, a] : [a, b];
  if (rank(unsigned) >= rank(signed)) return unsigned;
  if (signed.size > unsigned.size) return signed;
  return rank(signed) === 3 ? ULLONG : rank(signed) === 2 ? ULONG : UINT;
}

/** Same type for the purposes of redeclaration and assignment; qualifiers count when `strict`. */
export function sameType(a: CType, b: CType, strict = false): boolean {
  if (a === b) return true;
  if (strict) {
    const p = qualifiersOf(a);
    const q = qualifiersOf(b);
    if (p.const !== q.const || p.volatile !== q.volatile) return false;
  }
  const x = bare(a);
  const y = bare(b);
  if (x === y) return true;
  if (x === ERROR_TYPE || y === ERROR_TYPE) return true;
  if (x.kind === 'enum' && y.kind === 'int') return sameType(x.underlying, y);
  if (x.kind === 'int' && y.kind === 'enum') return sameType(x, y.underlying);
  if (x.kind === 'int' && y.kind === 'int') return x.name === y.name;
  if (x.kind === 'pointer' && y.kind === 'pointer') return sameType(x.to, y.to, strict);
  if (x.kind === 'array' && y.kind === 'array')
    return (x.length === null || y.length === null || x.length === y.length) && sameType(x.of, y.of, strict);
  if (x.kind === 'function' && y.kind === 'function') return sameFunction(x, y);
  return x.kind === 'void' && y.kind === 'void';
}

function sameFunction(x: FunctionType, y: FunctionType): boolean {
  if (!sameType(x.returns, y.returns)) return false;
  if (x.unprototyped || y.unprototyped) return true;
  if (x.params.length !== y.params.length || x.variadic !== y.variadic) return false;
  return x.params.every((param, i) => {
    const other = y.params[i];
    return other !== undefined && sameType(unqualified(param.type), unqualified(other.type));
  });
}

/** Two records with the same tag and the same members in the same places: a repeated definition that changes nothing. */
export function sameLayout(a: RecordType, b: RecordType): boolean {
  if (a.kind !== b.kind || a.size !== b.size || a.members?.length !== b.members?.length) return false;
  return (a.members ?? []).every((member, i) => {
    const other = b.members?.[i];
    if (other === undefined || other.name !== member.name || other.offset !== member.offset) return false;
    if (other.bitWidth !== member.bitWidth || sizeOf(other.type) !== sizeOf(member.type)) return false;
    const x = recordOf(member.type);
    const y = recordOf(other.type);
    return x !== null && y !== null && x.tag === null ? sameLayout(x, y) : sameType(member.type, other.type) || x?.tag === y?.tag;
  });
}

/** The type that the literal takes (C11 6.4.4.1): the first of the list that holds the value. */
export function literalType(value: bigint, unsigned: boolean, longs: number, decimal: boolean): IntType {
  const candidates: IntType[] = [];
  if (longs === 0) candidates.push(INT, UINT);
  if (longs <= 1) candidates.push(LONG, ULONG);
  candidates.push(LLONG, ULLONG);
  for (const candidate of candidates) {
    if (unsigned && candidate.signed) continue;
    if (!unsigned && decimal && !candidate.signed) continue;
    const limit = 1n << BigInt(candidate.size * 8 - (candidate.signed ? 1 : 0));
    if (value < limit) return candidate;
  }
  return ULLONG;
}

/** The type as a person writes it, `struct flow *`, `int (*)[4]`. */
export function typeText(type: CType, inner = ''): string {
  const join = (base: string): string => (inner === '' ? base : inner.startsWith('[') ? base + inner : `${base} ${inner}`);
  switch (type.kind) {
    case 'void':
      return join('void');
    case 'int':
      return join(type.name);
    case 'struct':
    case 'union':
    case 'enum':
      return join(`${type.kind} ${type.tag ?? '(unnamed)'}`);
    case 'typedef':
      return join(type.name);
    case 'qualified': {
      const words = [type.qualifiers.const ? 'const' : '', type.qualifiers.volatile ? 'volatile' : ''].filter((w) => w !== '');
      if (words.length === 0) return typeText(type.of, inner);
      if (bare(type.of).kind === 'pointer' && type.of.kind === 'pointer')
        return typeText(type.of, `${words.join(' ')}${inner === '' ? '' : ` ${inner}`}`);
      return `${words.join(' ')} ${typeText(type.of, inner)}`;
    }
    case 'pointer': {
      const to = type.to.kind;
      const star = `*${inner}`;
      return typeText(type.to, to === 'array' || to === 'function' ? `(${star})` : star);
    }
    case 'array':
      return typeText(type.of, `${inner}[${type.length ?? ''}]`);
    case 'function': {
      const params = type.params.map((param) => typeText(param.type));
      if (type.variadic) params.push('...');
      return typeText(type.returns, `${inner}(${type.unprototyped ? '' : params.join(', ') || 'void'})`);
    }
  }
}
