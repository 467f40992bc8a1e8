// `__builtin_add_overflow` and its like: the exact result of two integers of any types, stored in a third, and whether it fits
// there. In 64 bits where the exact result fits them, in 128 bits (two words) else. Knows nothing of registers.

import { alignOf, type CType, sizeOf } from '../abi/ctype.ts';
import type { IrBuilder } from './build-ir.ts';
import type { Inst } from './ir.ts';
import { convert, lowerValue } from './lower-expressions.ts';
import { accessSize, type Lowering } from './lower-state.ts';
import type { TExpr } from './tree.ts';
import { isSigned, pointerOf } from './types.ts';

type IntrinsicExpr = Extract<TExpr, { kind: 'intrinsic' }>;
type Op = 'add' | 'sub' | 'mul';

/** An operand in 64 bits; `signed`: the word above it is filled with copies of its sign. */
interface Operand {
  readonly value: Inst;
  readonly signed: boolean;
  /** True when it was at most 32 bits wide. */
  readonly narrow: boolean;
}

/** 1 when the exact result does not fit the object, which gets its low bits in any case. */
export function lowerOverflow(l: Lowering, expr: IntrinsicExpr): Inst {
  const { builder: b } = l;
  const [left, right, pointer] = expr.args;
  const to = pointerOf(pointer?.type ?? expr.type)?.to;
  if (left === undefined || right === undefined || pointer === undefined || to === undefined) return b.constant(0, 32);
  const op = expr.name === 'add-overflow' ? 'add' : expr.name === 'sub-overflow' ? 'sub' : 'mul';
  const x = operandOf(l, left);
  const y = operandOf(l, right);
  const at = { base: lowerValue(l, pointer), offset: 0, align: alignOf(to) };
  const low = b.binary(op, x.value, y.value);
  const wide: CType = { kind: 'int', name: 'long', size: 8, signed: true };
  const stored = convert(l, low, wide, to);
  b.store(at, stored, accessSize(to), false);
  const signed = isSigned(to);
  const small = sizeOf(to) < 8;
  const back = small ? b.resize(stored, 64, signed) : low;
  if (x.narrow && y.narrow) {
    // Exact in 64 bits: signed, or unsigned where two unsigned numbers are added or multiplied.
    if (small) return b.compare('ne', back, low);
    const couldBeNegative = x.signed || y.signed || op === 'sub';
    const badSign = signed ? !couldBeNegative && op === 'mul' : couldBeNegative;
    return badSign ? b.compare('slt', low, b.constant(0, 64)) : b.constant(0, 32);
  }
  if (!small && x.signed === signed && y.signed === signed) return sameSign(b, op, x.value, y.value, low, signed);
  const high = highWord(b, op, x, y, low);
  const expected = signed ? b.binary('ashr', back, b.constant(63, 64)) : b.constant(0, 64);
  const tooLarge = b.compare('ne', high, expected);
  return small ? b.binary('or', tooLarge, b.compare('ne', back, low)) : tooLarge;
}

function operandOf(l: Lowering, expr: TExpr): Operand {
  const signed = isSigned(expr.type);
  return { value: l.builder.resize(lowerValue(l, expr), 64, signed), signed, narrow: sizeOf(expr.type) <= 4 };
}

/** Operands and result of 64 bits and one signedness: the rules of Hacker's Delight 2-13. */
function sameSign(b: IrBuilder, op: Op, x: Inst, y: Inst, low: Inst, signed: boolean): Inst {
  const zero = b.constant(0, 64);
  if (op !== 'mul') {
    if (!signed) return op === 'add' ? b.compare('ult', low, x) : b.compare('ult', x, y);
    const a = b.binary('xor', low, x);
    const other = op === 'add' ? b.binary('xor', low, y) : b.binary('xor', x, y);
    return b.compare('slt', b.binary('and', a, other), zero);
  }
  const magnitude = (v: Inst): Inst => {
    const sign = b.binary('ashr', v, b.constant(63, 64));
    return b.binary('sub', b.binary('xor', v, sign), sign);
  };
  // Unsigned: product / x != y (x 0 gives quotient 0 and y is compared with 0 only then).
  const p = signed ? magnitude(x) : x;
  const q = signed ? magnitude(y) : y;
  const product = b.binary('mul', p, q);
  const lost = b.compare('ne', b.binary('udiv', product, p), q);
  const overflow = b.select(b.compare('eq', p, zero), b.constant(0, 32), lost);
  if (!signed) return overflow;
  const negative = b.binary('lshr', b.binary('xor', x, y), b.constant(63, 64));
  const limit = b.binary('add', b.constant(0x7fff_ffff_ffff_ffffn, 64), negative);
  return b.binary('or', overflow, b.compare('ugt', product, limit));
}

/** Bits 64 to 127 of the exact result. */
function highWord(b: IrBuilder, op: Op, x: Operand, y: Operand, low: Inst): Inst {
  const signWord = ({ value, signed }: Operand): Inst =>
    signed ? b.binary('ashr', value, b.constant(63, 64)) : b.constant(0, 64);
  if (op === 'mul') {
    // Signed operands are 2^64 less than their unsigned image where negative.
    let high = unsignedHigh(b, x.value, y.value);
    if (x.signed) high = b.binary('sub', high, b.binary('and', y.value, signWord(x)));
    if (y.signed) high = b.binary('sub', high, b.binary('and', x.value, signWord(y)));
    return high;
  }
  const carry = op === 'add' ? b.compare('ult', low, x.value) : b.compare('ult', x.value, y.value);
  return b.binary(op, b.binary(op, signWord(x), signWord(y)), b.resize(carry, 64, false));
}

/** Upper half of an unsigned product, from four products of halves. */
function unsignedHigh(b: IrBuilder, x: Inst, y: Inst): Inst {
  const half = b.constant(32, 64);
  const mask = b.constant(0xffff_ffffn, 64);
  const upper = (v: Inst): Inst => b.binary('lshr', v, half);
  const lower = (v: Inst): Inst => b.binary('and', v, mask);
  const first = b.binary('add', b.binary('mul', upper(x), lower(y)), upper(b.binary('mul', lower(x), lower(y))));
  const second = b.binary('add', b.binary('mul', lower(x), upper(y)), lower(first));
  return b.binary('add', b.binary('add', b.binary('mul', upper(x), upper(y)), upper(first)), upper(second));
}
