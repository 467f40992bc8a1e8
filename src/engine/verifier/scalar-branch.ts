// Conditions on what is known of two numbers: is the branch decided, and what does each side learn (Linux
// kernel/bpf/verifier.c, is_scalar_branch_taken and regs_refine_cond_op). Knows nothing of registers or instructions.

import { JMP } from '../isa/opcodes.ts';
import { constScalar, draftOf, isConst, isConst32, type Scalar, type ScalarDraft, settle, U32_MAX, U64_MAX } from './scalar.ts';
import { tnumAnd, tnumCast, tnumConst, tnumIntersect, tnumJoin, tnumOr, tnumOverlap } from './tnum.ts';

/** The condition that holds where `operation` does not; JSET has its own mark. */
const NOT_SET = 0x100;
const opposites = new Map<number, number>([
  [JMP.JEQ, JMP.JNE],
  [JMP.JNE, JMP.JEQ],
  [JMP.JGT, JMP.JLE],
  [JMP.JLE, JMP.JGT],
  [JMP.JGE, JMP.JLT],
  [JMP.JLT, JMP.JGE],
  [JMP.JSGT, JMP.JSLE],
  [JMP.JSLE, JMP.JSGT],
  [JMP.JSGE, JMP.JSLT],
  [JMP.JSLT, JMP.JSGE],
  [JMP.JSET, NOT_SET],
]);
export const oppositeOf = (operation: number): number => opposites.get(operation) ?? operation;

/** The condition with its operands exchanged. */
const exchanged = new Map<number, number>([
  [JMP.JGT, JMP.JLT],
  [JMP.JLT, JMP.JGT],
  [JMP.JGE, JMP.JLE],
  [JMP.JLE, JMP.JGE],
  [JMP.JSGT, JMP.JSLT],
  [JMP.JSLT, JMP.JSGT],
  [JMP.JSGE, JMP.JSLE],
  [JMP.JSLE, JMP.JSGE],
]);
export const exchangedOf = (operation: number): number => exchanged.get(operation) ?? operation;

function decideOrder(min1: bigint, max1: bigint, min2: bigint, max2: bigint, orEqual: boolean): boolean | null {
  // Is 1 greater than (or equal to) 2?
  if (orEqual ? min1 >= max2 : min1 > max2) return true;
  if (orEqual ? max1 < min2 : max1 <= min2) return false;
  return null;
}

function decideEqual(a: Scalar, b: Scalar, wide: boolean): boolean | null {
  if (wide ? isConst(a) && isConst(b) : isConst32(a) && isConst32(b)) {
    return wide ? a.bits.value === b.bits.value : (a.bits.value & U32_MAX) === (b.bits.value & U32_MAX);
  }
  if (a.u32min > b.u32max || a.u32max < b.u32min || a.s32min > b.s32max || a.s32max < b.s32min) return false;
  if (!tnumOverlap(wide ? a.bits : tnumCast(a.bits, 32), wide ? b.bits : tnumCast(b.bits, 32))) return false;
  if (wide && (a.umin > b.umax || a.umax < b.umin || a.smin > b.smax || a.smax < b.smin)) return false;
  return null;
}

function decideSet(a: Scalar, b: Scalar, wide: boolean): boolean | null {
  const width = wide ? 64 : 32;
  const [x, y] = [tnumCast(a.bits, width), tnumCast(b.bits, width)];
  if ((x.value & y.value) !== 0n) return true;
  if (((x.value | x.mask) & (y.value | y.mask)) === 0n) return false;
  return null;
}

/** Whether `a operation b` is known to hold, known not to, or (null) open. */
export function decide(operation: number, wide: boolean, a: Scalar, b: Scalar): boolean | null {
  const unsigned = (orEqual: boolean, x: Scalar, y: Scalar): boolean | null =>
    wide ? decideOrder(x.umin, x.umax, y.umin, y.umax, orEqual) : decideOrder(x.u32min, x.u32max, y.u32min, y.u32max, orEqual);
  const signed = (orEqual: boolean, x: Scalar, y: Scalar): boolean | null =>
    wide ? decideOrder(x.smin, x.smax, y.smin, y.smax, orEqual) : decideOrder(x.s32min, x.s32max, y.s32min, y.s32max, orEqual);
  switch (operation) {
    case JMP.JEQ:
      return decideEqual(a, b, wide);
    case JMP.JNE: {
      const equal = decideEqual(a, b, wide);
      return equal === null ? null : !equal;
    }
    case JMP.JSET:
      return decideSet(a, b, wide);
    case JMP.JGT:
      return unsigned(false, a, b);
    case JMP.JGE:
      return unsigned(true, a, b);
    case JMP.JLT:
      return unsigned(false, b, a);
    case JMP.JLE:
      return unsigned(true, b, a);
    case JMP.JSGT:
      return signed(false, a, b);
    case JMP.JSGE:
      return signed(true, a, b);
    case JMP.JSLT:
      return signed(false, b, a);
    default:
      return signed(true, b, a);
  }
}

const lower = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const upper = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function refineEqual(a: ScalarDraft, b: ScalarDraft, wide: boolean): void {
  const low = tnumIntersect(tnumCast(a.bits, 32), tnumCast(b.bits, 32));
  for (const key of ['u32min', 's32min'] as const) a[key] = b[key] = upper(a[key], b[key]);
  for (const key of ['u32max', 's32max'] as const) a[key] = b[key] = lower(a[key], b[key]);
  if (wide) {
    for (const key of ['umin', 'smin'] as const) a[key] = b[key] = upper(a[key], b[key]);
    for (const key of ['umax', 'smax'] as const) a[key] = b[key] = lower(a[key], b[key]);
    a.bits = b.bits = tnumIntersect(a.bits, b.bits);
  } else {
    a.bits = tnumJoin(a.bits, low);
    b.bits = tnumJoin(b.bits, low);
  }
}

function refineUnequal(a: ScalarDraft, b: Scalar, wide: boolean): void {
  if (wide) {
    if (!isConst(b)) return;
    const value = b.bits.value;
    const signed = BigInt.asIntN(64, value);
    if (a.umin === value) a.umin = value === U64_MAX ? value : value + 1n;
    if (a.umax === value) a.umax = value === 0n ? value : value - 1n;
    if (a.smin === signed) a.smin++;
    if (a.smax === signed) a.smax--;
    return;
  }
  if (!isConst32(b)) return;
  const value = b.bits.value & U32_MAX;
  const signed = BigInt.asIntN(32, value);
  if (a.u32min === value) a.u32min++;
  if (a.u32max === value) a.u32max--;
  if (a.s32min === signed) a.s32min++;
  if (a.s32max === signed) a.s32max--;
}

function refineBits(a: ScalarDraft, b: Scalar, wide: boolean, set: boolean): void {
  if (wide ? !isConst(b) : !isConst32(b)) return;
  const value = wide ? b.bits.value : b.bits.value & U32_MAX;
  if (set) {
    // Only a single bit tells which one it is.
    if (value === 0n || (value & (value - 1n)) !== 0n) return;
    a.bits = tnumOr(a.bits, tnumConst(value));
    return;
  }
  a.bits = tnumAnd(a.bits, tnumConst(BigInt.asUintN(64, ~value)));
}

/** Learns from a < b, or a <= b. */
function refineOrder(a: ScalarDraft, b: ScalarDraft, wide: boolean, signed: boolean, strict: boolean): void {
  const step = strict ? 1n : 0n;
  if (wide && signed) {
    a.smax = lower(a.smax, b.smax - step);
    b.smin = upper(a.smin + step, b.smin);
  } else if (wide) {
    a.umax = lower(a.umax, b.umax - step);
    b.umin = upper(a.umin + step, b.umin);
  } else if (signed) {
    a.s32max = lower(a.s32max, b.s32max - step);
    b.s32min = upper(a.s32min + step, b.s32min);
  } else {
    a.u32max = lower(a.u32max, b.u32max - step);
    b.u32min = upper(a.u32min + step, b.u32min);
  }
}

/** What both operands are known to be where `a operation b` holds. Empty scalars mean that it cannot. */
export function refine(operation: number, wide: boolean, first: Scalar, second: Scalar): readonly [Scalar, Scalar] {
  const a = draftOf(first);
  const b = draftOf(second);
  switch (operation) {
    case JMP.JEQ:
      refineEqual(a, b, wide);
      break;
    case JMP.JNE:
      refineUnequal(a, second, wide);
      refineUnequal(b, first, wide);
      break;
    case JMP.JSET:
    case NOT_SET:
      refineBits(a, second, wide, operation === JMP.JSET);
      refineBits(b, first, wide, operation === JMP.JSET);
      break;
    case JMP.JLT:
    case JMP.JLE:
      refineOrder(a, b, wide, false, operation === JMP.JLT);
      break;
    case JMP.JSLT:
    case JMP.JSLE:
      refineOrder(a, b, wide, true, operation === JMP.JSLT);
      break;
    case JMP.JGT:
    case JMP.JGE:
      refineOrder(b, a, wide, false, operation === JMP.JGT);
      break;
    case JMP.JSGT:
    case JMP.JSGE:
      refineOrder(b, a, wide, true, operation === JMP.JSGT);
      break;
    default:
      break;
  }
  return [settleConst(a), settleConst(b)];
}

/** What a condition decides for two operands, and what each side teaches where it is open. Empty scalars: that side cannot be. */
export interface BranchFacts {
  readonly decided: boolean | null;
  readonly taken: readonly [Scalar, Scalar];
  readonly straight: readonly [Scalar, Scalar];
}

/** {@link decide} and, where it leaves the branch open, {@link refine} for both ways. */
export function branchFacts(operation: number, wide: boolean, first: Scalar, second: Scalar): BranchFacts {
  const decided = decide(operation, wide, first, second);
  if (decided !== null) return { decided, taken: [first, second], straight: [first, second] };
  const taken = refine(operation, wide, first, second);
  return { decided, taken, straight: refine(oppositeOf(operation), wide, first, second) };
}

/** Settles; a draft that is one number comes out shared. */
function settleConst(a: ScalarDraft): Scalar {
  if (a.bits.mask === 0n && a.umin === a.bits.value && a.umax === a.bits.value) {
    const exact = constScalar(a.bits.value);
    if (a.smin <= exact.smin && a.smax >= exact.smax && a.u32min <= exact.u32min && a.u32max >= exact.u32max) {
      if (a.s32min <= exact.s32min && a.s32max >= exact.s32max) return exact;
    }
  }
  return settle(a);
}
