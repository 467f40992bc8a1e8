// Arithmetic on what is known of two numbers, one width at a time: ranges and known bits in, ranges and known bits out
// (Linux kernel/bpf/verifier.c, scalar_min_max_*). Knows nothing of registers or instructions.

import { ALU } from '../isa/opcodes.ts';
import {
  blankScalar,
  constScalar,
  isConst,
  isConst32,
  S32_MAX,
  S32_MIN,
  S64_MAX,
  S64_MIN,
  type Scalar,
  settle,
  U32_MAX,
  U64_MAX,
  UNKNOWN_SCALAR,
} from './scalar.ts';
import {
  TNUM_UNKNOWN,
  type Tnum,
  tnumAdd,
  tnumAnd,
  tnumCast,
  tnumMul,
  tnumOr,
  tnumShiftLeft,
  tnumShiftRight,
  tnumShiftRightSigned,
  tnumSub,
  tnumXor,
} from './tnum.ts';

type Width = 32 | 64;

/** Bounds of one width; `bits` cut to it. */
interface Range {
  readonly bits: Tnum;
  readonly smin: bigint;
  readonly smax: bigint;
  readonly umin: bigint;
  readonly umax: bigint;
}

const lowest = (width: Width): bigint => (width === 64 ? S64_MIN : S32_MIN);
const highest = (width: Width): bigint => (width === 64 ? S64_MAX : S32_MAX);
const greatest = (width: Width): bigint => (width === 64 ? U64_MAX : U32_MAX);

const view = (s: Scalar, width: Width): Range =>
  width === 64 ? s : { bits: tnumCast(s.bits, 32), smin: s.s32min, smax: s.s32max, umin: s.u32min, umax: s.u32max };

const anything = (width: Width): Range => ({
  bits: tnumCast(TNUM_UNKNOWN, width),
  smin: lowest(width),
  smax: highest(width),
  umin: 0n,
  umax: greatest(width),
});

/** Signed range, or everything when it left the width. */
function signedOr(width: Width, smin: bigint, smax: bigint): { smin: bigint; smax: bigint } {
  if (smin < lowest(width) || smax > highest(width)) return { smin: lowest(width), smax: highest(width) };
  return { smin, smax };
}

/** Unsigned range of an exact result that may have wrapped; kept when both ends wrapped the same number of times. */
function wrapped(width: Width, umin: bigint, umax: bigint): { umin: bigint; umax: bigint } {
  const bits = BigInt(width);
  if (umin >> bits !== umax >> bits) return { umin: 0n, umax: greatest(width) };
  return { umin: BigInt.asUintN(width, umin), umax: BigInt.asUintN(width, umax) };
}

/** Signed range that an unsigned one implies. */
function signedOfUnsigned(width: Width, umin: bigint, umax: bigint): { smin: bigint; smax: bigint } {
  const smin = BigInt.asIntN(width, umin);
  const smax = BigInt.asIntN(width, umax);
  return smin <= smax ? { smin, smax } : { smin: lowest(width), smax: highest(width) };
}

function multiply(width: Width, a: Range, b: Range): Range {
  const products = [a.smin * b.smin, a.smin * b.smax, a.smax * b.smin, a.smax * b.smax];
  let smin = products[0] ?? 0n;
  let smax = smin;
  for (const product of products) {
    if (product < smin) smin = product;
    if (product > smax) smax = product;
  }
  const high = a.umax * b.umax;
  const unsigned = high > greatest(width) ? { umin: 0n, umax: greatest(width) } : { umin: a.umin * b.umin, umax: high };
  return { bits: tnumCast(tnumMul(a.bits, b.bits), width), ...signedOr(width, smin, smax), ...unsigned };
}

function bitwise(width: Width, bits: Tnum, umin: bigint, umax: bigint): Range {
  return { bits, umin, umax, ...signedOfUnsigned(width, umin, umax) };
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

function shiftLeft(width: Width, a: Range, shift: bigint): Range {
  const bits = tnumCast(tnumShiftLeft(a.bits, shift), width);
  const fits = a.umax << shift <= greatest(width);
  const unsigned = fits ? { umin: a.umin << shift, umax: a.umax << shift } : { umin: 0n, umax: greatest(width) };
  return { bits, ...unsigned, ...signedOr(width, a.smin << shift, a.smax << shift) };
}

const shiftRight = (width: Width, a: Range, shift: bigint): Range =>
  bitwise(width, tnumShiftRight(a.bits, shift), a.umin >> shift, a.umax >> shift);

const shiftRightSigned = (width: Width, a: Range, shift: bigint): Range => ({
  bits: tnumShiftRightSigned(a.bits, shift, width),
  smin: a.smin >> shift,
  smax: a.smax >> shift,
  umin: 0n,
  umax: greatest(width),
});

/** Division by a constant; by zero it gives zero (RFC 9669 section 4.1). */
function divide(width: Width, a: Range, divisor: bigint, signed: boolean): Range {
  if (divisor === 0n) return { bits: { value: 0n, mask: 0n }, smin: 0n, smax: 0n, umin: 0n, umax: 0n };
  const unknown = anything(width);
  if (!signed) {
    const umin = a.umin / divisor;
    const umax = a.umax / divisor;
    return { ...unknown, umin, umax };
  }
  const by = BigInt.asIntN(width, divisor);
  if (by === -1n && a.smin === lowest(width)) return unknown;
  const ends = [a.smin / by, a.smax / by];
  const [first, second] = [ends[0] ?? 0n, ends[1] ?? 0n];
  return { ...unknown, smin: smaller(first, second), smax: larger(first, second) };
}

/** Remainder by a constant; by zero it leaves the value (cut to the width). */
function remainder(width: Width, a: Range, divisor: bigint, signed: boolean): Range {
  if (divisor === 0n) return a;
  const unknown = anything(width);
  if (!signed) {
    if (a.umax < divisor) return a;
    return { ...unknown, umin: 0n, umax: divisor - 1n };
  }
  const by = BigInt.asIntN(width, divisor);
  const size = by < 0n ? -by : by;
  if (a.smin > -size && a.smax < size) return a;
  return {
    ...unknown,
    smin: a.smin >= 0n ? 0n : larger(a.smin, -(size - 1n)),
    smax: a.smax <= 0n ? 0n : smaller(a.smax, size - 1n),
  };
}

/** One operation at one width; the result holds for the low `width` bits. */
function operate(operation: number, signed: boolean, width: Width, a: Range, b: Range): Range {
  switch (operation) {
    case ALU.ADD:
      return {
        bits: tnumCast(tnumAdd(a.bits, b.bits), width),
        ...signedOr(width, a.smin + b.smin, a.smax + b.smax),
        ...wrapped(width, a.umin + b.umin, a.umax + b.umax),
      };
    case ALU.SUB:
      return {
        bits: tnumCast(tnumSub(a.bits, b.bits), width),
        ...signedOr(width, a.smin - b.smax, a.smax - b.smin),
        ...wrapped(width, a.umin - b.umax, a.umax - b.umin),
      };
    case ALU.MUL:
      return multiply(width, a, b);
    case ALU.AND: {
      const bits = tnumAnd(a.bits, b.bits);
      return bitwise(width, bits, bits.value, smaller(a.umax, b.umax));
    }
    case ALU.OR: {
      const bits = tnumOr(a.bits, b.bits);
      return bitwise(width, bits, larger(a.umin, b.umin), bits.value | bits.mask);
    }
    case ALU.XOR: {
      const bits = tnumXor(a.bits, b.bits);
      return bitwise(width, bits, bits.value, bits.value | bits.mask);
    }
    case ALU.DIV:
      return b.bits.mask === 0n ? divide(width, a, b.bits.value, signed) : anything(width);
    case ALU.MOD:
      return b.bits.mask === 0n ? remainder(width, a, b.bits.value, signed) : anything(width);
    default: {
      if (b.bits.mask !== 0n || b.bits.value >= BigInt(width)) return anything(width);
      const shift = b.bits.value;
      if (operation === ALU.LSH) return shiftLeft(width, a, shift);
      if (operation === ALU.RSH) return shiftRight(width, a, shift);
      if (operation === ALU.ARSH) return shiftRightSigned(width, a, shift);
      return anything(width);
    }
  }
}

/** Operations whose low 32 bits depend on the low 32 bits of the operands alone. */
const LOW_IS_OWN: readonly number[] = [ALU.ADD, ALU.SUB, ALU.MUL, ALU.AND, ALU.OR, ALU.XOR];

/** Operations after which nothing is known when nothing was known of one operand. */
const ABSORBED: readonly number[] = [ALU.ADD, ALU.SUB, ALU.XOR];

/** The exact result for two constants, or null where the operation is not one of these. */
function foldWide(operation: number, a: bigint, b: bigint): bigint | null {
  switch (operation) {
    case ALU.ADD:
      return a + b;
    case ALU.SUB:
      return a - b;
    case ALU.AND:
      return a & b;
    case ALU.OR:
      return a | b;
    case ALU.XOR:
      return a ^ b;
    case ALU.MUL:
      return a * b;
    case ALU.LSH:
      return b < 64n ? a << b : null;
    case ALU.RSH:
      return b < 64n ? a >> b : null;
    case ALU.ARSH:
      return b < 64n ? BigInt.asIntN(64, a) >> b : null;
    default:
      return null;
  }
}

/** Quotient or remainder of two constants at one width, with the results for zero and overflow of RFC 9669 section 4.1. */
function foldDivision(operation: number, signed: boolean, width: Width, a: bigint, b: bigint): bigint {
  const cut = (value: bigint): bigint => (signed ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value));
  const [x, y] = [cut(a), cut(b)];
  if (y === 0n) return operation === ALU.DIV ? 0n : BigInt.asUintN(width, a);
  return BigInt.asUintN(width, operation === ALU.DIV ? x / y : x % y);
}

/**
 * The result of `operation` (one of ALU but MOV, NEG and END) on whole registers. `wide` false: on their low halves, zero extended.
 * `signed` selects sdiv and smod.
 */
export function arithmetic(operation: number, signed: boolean, wide: boolean, a: Scalar, b: Scalar): Scalar {
  if (wide && (a === UNKNOWN_SCALAR || b === UNKNOWN_SCALAR) && ABSORBED.includes(operation)) return UNKNOWN_SCALAR;
  const divides = operation === ALU.DIV || operation === ALU.MOD;
  if (divides && (wide ? isConst(a) && isConst(b) : isConst32(a) && isConst32(b))) {
    return constScalar(foldDivision(operation, signed, wide ? 64 : 32, a.bits.value, b.bits.value));
  }
  if (!wide) {
    const shifts = operation === ALU.LSH || operation === ALU.RSH || operation === ALU.ARSH;
    // The kernel gives up on the whole register here, its upper half included.
    if (shifts && (b.bits.mask !== 0n || b.umax > 31n)) return UNKNOWN_SCALAR;
    const r = operate(operation, signed, 32, view(a, 32), view(b, 32));
    if (r.bits.mask === 0n) return constScalar(r.bits.value);
    const half = blankScalar();
    half.bits = r.bits;
    half.s32min = r.smin;
    half.s32max = r.smax;
    half.u32min = half.umin = r.umin;
    half.u32max = half.umax = r.umax;
    half.smin = 0n;
    half.smax = U32_MAX;
    return settle(half);
  }
  if (isConst(a) && isConst(b)) {
    const folded = foldWide(operation, a.bits.value, b.bits.value);
    if (folded !== null) return constScalar(BigInt.asUintN(64, folded));
  }
  const r = operate(operation, signed, 64, a, b);
  if (r.bits.mask === 0n) return constScalar(r.bits.value);
  const lowShift = operation === ALU.LSH && b.bits.mask === 0n && b.bits.value < 32n;
  const low = LOW_IS_OWN.includes(operation) || lowShift ? operate(operation, signed, 32, view(a, 32), view(b, 32)) : null;
  const whole = blankScalar();
  whole.bits = r.bits;
  whole.smin = r.smin;
  whole.smax = r.smax;
  whole.umin = r.umin;
  whole.umax = r.umax;
  if (low !== null) {
    whole.s32min = low.smin;
    whole.s32max = low.smax;
    whole.u32min = low.umin;
    whole.u32max = low.umax;
  }
  return settle(whole);
}
