// What the program generator knows of C's integers (C11 6.3.1, LP64): types, conversions, and the range a value surely lies in,
// from which it knows where an operation could overflow. Independent of the compiler under test.

export interface IntType {
  readonly name: string;
  readonly bits: number;
  readonly signed: boolean;
  readonly rank: number;
  readonly bool: boolean;
}

const row = (name: string, bits: number, signed: boolean, rank: number): IntType => ({ name, bits, signed, rank, bool: false });

export const BOOL: IntType = { name: '_Bool', bits: 1, signed: false, rank: 0, bool: true };
export const SCHAR = row('signed char', 8, true, 1);
export const CHAR = row('char', 8, true, 1);
export const UCHAR = row('unsigned char', 8, false, 1);
export const SHORT = row('short', 16, true, 2);
export const USHORT = row('unsigned short', 16, false, 2);
export const INT = row('int', 32, true, 3);
export const UINT = row('unsigned int', 32, false, 3);
export const LONG = row('long', 64, true, 4);
export const ULONG = row('unsigned long', 64, false, 4);
export const LLONG = row('long long', 64, true, 5);
export const ULLONG = row('unsigned long long', 64, false, 5);

/** All but _Bool. */
export const PLAIN: readonly IntType[] = [SCHAR, CHAR, UCHAR, SHORT, USHORT, INT, UINT, LONG, ULONG, LLONG, ULLONG];
export const ALL: readonly IntType[] = [...PLAIN, BOOL];

export const lowest = (type: IntType): bigint => (type.signed ? -(1n << BigInt(type.bits - 1)) : 0n);
export const highest = (type: IntType): bigint => (1n << BigInt(type.signed ? type.bits - 1 : type.bits)) - 1n;

export const promote = (type: IntType): IntType => (type.bits < 32 ? INT : type);

export const unsignedOf = (type: IntType): IntType =>
  type.signed ? (PLAIN.find((other) => !other.signed && other.rank === type.rank) ?? ULLONG) : type;

/** Usual arithmetic conversions. */
export function common(left: IntType, right: IntType): IntType {
  const [a, b] = [promote(left), promote(right)];
  if (a.signed === b.signed) return a.rank >= b.rank ? a : b;
  const [u, s] = a.signed ? [b, a] : [a, b];
  if (u.rank >= s.rank) return u;
  return s.bits > u.bits ? s : unsignedOf(s);
}

/** An expression without side effects: its text (safe as an operand), its type, and bounds of its value. */
export interface Value {
  readonly text: string;
  readonly type: IntType;
  readonly low: bigint;
  readonly high: bigint;
}

export const within = (type: IntType, low: bigint, high: bigint): boolean => low >= lowest(type) && high <= highest(type);

/** A value of `type` about which only the type is known, or more where `low` and `high` fit. */
export function ranged(text: string, type: IntType, low?: bigint, high?: bigint): Value {
  if (low !== undefined && high !== undefined && within(type, low, high)) return { text, type, low, high };
  return { text, type, low: lowest(type), high: highest(type) };
}

/** Bounds after conversion to `type`; the text stays. */
export function converted(value: Value, type: IntType): Value {
  if (type.bool) return { ...value, type, low: 0n, high: 1n };
  return ranged(value.text, type, value.low, value.high);
}

export const cast = (value: Value, type: IntType): Value => ({ ...converted(value, type), text: `(${type.name})${value.text}` });

/** A literal with the type it has in C. The lowest number of a type has no literal: it is written as a difference. */
export function literal(value: bigint, type: IntType): Value {
  const suffix = { 3: '', 4: 'L', 5: 'LL' }[Math.max(3, type.rank)] ?? '';
  const t = promote(type);
  const unsigned = t.signed ? '' : 'U';
  const text =
    value >= 0n
      ? `${value}${unsigned}${suffix}`
      : value === lowest(t)
        ? `(-${-value - 1n}${suffix} - 1)`
        : `(-${-value}${suffix})`;
  return { text, type: t, low: value, high: value };
}
