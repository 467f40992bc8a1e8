// Arithmetic: numbers by scalar-arithmetic.ts, pointers plus or minus numbers here (Linux kernel/bpf/verifier.c,
// check_alu_op and adjust_ptr_min_max_vals). Knows nothing of memory or calls.

import { ALU, CLASS, SOURCE } from '../isa/opcodes.ts';
import { markPreciseRegister } from './precision.ts';
import {
  constReg,
  isPacket,
  isPointer,
  isSocket,
  KIND,
  kindName,
  nameOfKind,
  numberReg,
  type Reg,
  regWith,
  scalarReg,
  UNKNOWN,
  withValue,
} from './register.ts';
import {
  constScalar,
  isConst,
  isZero,
  type Scalar,
  scalarOf,
  signExtend,
  truncate,
  U64_MAX,
  UNKNOWN_SCALAR,
  ZERO_SCALAR,
  zeroExtend32,
} from './scalar.ts';
import { arithmetic } from './scalar-arithmetic.ts';
import { tnumCast, tnumSwapBytes } from './tnum.ts';
import { OFFSET_LIMIT } from './transfer-stack.ts';
import type { Walk } from './walk.ts';

const SIGNS = new Map<number, string>([
  [ALU.ADD, '+='],
  [ALU.SUB, '-='],
  [ALU.MUL, '*='],
  [ALU.DIV, '/='],
  [ALU.OR, '|='],
  [ALU.AND, '&='],
  [ALU.LSH, '<<='],
  [ALU.RSH, '>>='],
  [ALU.MOD, '%='],
  [ALU.XOR, '^='],
  [ALU.ARSH, 's>>='],
]);
const signOf = (operation: number): string => SIGNS.get(operation) ?? '=';

function readable(walk: Walk, index: number): Reg | null {
  const reg = walk.reg(index);
  if (reg.kind !== KIND.NONE) return reg;
  walk.refuse('unread-register', { reg: index }, `no instruction on this path has written R${index}`);
  return null;
}

/** Kinds to which a number may be added. */
const mayMove = (reg: Reg): boolean =>
  reg.kind !== KIND.PACKET_END &&
  !isSocket(reg.kind) &&
  reg.kind !== KIND.FUNC &&
  reg.kind !== KIND.POPPED &&
  reg.kind !== KIND.TOKEN &&
  reg.kind !== KIND.SKB &&
  reg.kind !== KIND.MAP_PTR;

function checkAddend(walk: Walk, kind: string, value: Scalar): boolean {
  const far = (amount: bigint): boolean => amount >= OFFSET_LIMIT || amount <= -OFFSET_LIMIT;
  if (isConst(value)) {
    return far(value.smin)
      ? walk.refuse('pointer-math-far', { kind, value: `${value.smin}` }, `the number is ${value.smin}`)
      : true;
  }
  if (value.smin === -(1n << 63n)) {
    return walk.refuse('pointer-math-unbounded', { kind }, 'the number added can be negative without limit');
  }
  if (far(value.smin)) {
    return walk.refuse('pointer-far', { kind, value: `${value.smin}` }, `the number is ${value.smin} to ${value.smax}`);
  }
  return true;
}

function checkPlace(walk: Walk, kind: string, value: Scalar): boolean {
  if (value.smin >= OFFSET_LIMIT || value.smin <= -OFFSET_LIMIT) {
    return walk.refuse(
      'pointer-offset-far',
      { kind, value: `${value.smin}` },
      `the offset would be ${value.smin} to ${value.smax}`,
    );
  }
  return true;
}

/** pointer + number, pointer - number. `pointerIndex` is where the pointer is, `dst` where the result goes. */
function movePointer(
  walk: Walk,
  dst: number,
  operation: number,
  wide: boolean,
  pointer: Reg,
  number: Reg,
  pointerIsDst: boolean,
): boolean {
  const kind = nameOfKind(pointer.kind);
  if (!wide) {
    if (operation === ALU.SUB) {
      walk.setUnknown(dst);
      return true;
    }
    return walk.refuse('pointer-math-32', { reg: dst });
  }
  if (pointer.nullable) return walk.refuse('pointer-math-nullable', { reg: dst, kind: kindName(pointer) });
  if (pointer.kind === KIND.MAP_PTR && isZero(number.value) && operation === ALU.ADD) {
    walk.setReg(dst, pointer);
    return true;
  }
  if (!mayMove(pointer)) return walk.refuse('pointer-math-kind', { reg: dst, kind: kindName(pointer) });
  if (!checkAddend(walk, kind, number.value) || !checkPlace(walk, kind, pointer.value)) return false;
  if (operation === ALU.SUB) {
    if (!pointerIsDst) return walk.refuse('pointer-from-number', { reg: dst });
    if (pointer.kind === KIND.STACK) return walk.refuse('stack-pointer-minus', { reg: dst });
  } else if (operation !== ALU.ADD) {
    if (operation === ALU.AND || operation === ALU.OR || operation === ALU.XOR) {
      return walk.refuse('pointer-bits', { reg: dst, sign: signOf(operation) });
    }
    return walk.refuse('pointer-operator', { reg: dst, sign: signOf(operation) });
  }
  const value = arithmeticAt(walk, operation, false, true, pointer.value, number.value);
  if (!checkPlace(walk, kind, value)) return false;
  walk.setReg(dst, movedPointer(walk, pointer, operation, number.value, value));
  return true;
}

function movedPointer(walk: Walk, pointer: Reg, operation: number, by: Scalar, value: Scalar): Reg {
  if (!isPacket(pointer)) return withValue(pointer, value);
  if (isConst(by)) {
    const fixed = pointer.fixed + Number(operation === ALU.ADD ? by.smin : -by.smin);
    return regWith(pointer, { value, fixed, range: Math.max(pointer.range, 0) });
  }
  // A new unknown distance: what was compared with data_end says nothing about it (a decrease keeps what was seen).
  const keeps = operation === ALU.SUB && by.smin >= 0n;
  return regWith(pointer, { value, id: walk.newId(), range: keeps && pointer.range > 0 ? pointer.range : 0 });
}

function combinePointers(walk: Walk, dst: number, operation: number): boolean {
  if (operation === ALU.SUB) {
    walk.setUnknown(dst);
    return true;
  }
  return walk.refuse('pointer-with-pointer', { reg: dst, sign: signOf(operation) });
}

const NO_LINK: Pick<Reg, 'id' | 'delta'> = { id: 0, delta: null };

/** Sum of a linked scalar and a small constant keeps the link; in 32 bits only where the value has no upper half. */
function linkAfterAdd(dst: Reg, operation: number, wide: boolean, by: Reg, sameRegister: boolean): Pick<Reg, 'id' | 'delta'> {
  if (dst.id === 0 || dst.delta !== null || sameRegister || !isConst(by.value)) return NO_LINK;
  if (operation !== ALU.ADD && operation !== ALU.SUB) return NO_LINK;
  if (by.value.smin <= -(1n << 31n) || by.value.smin >= 1n << 31n) return NO_LINK;
  if (!wide && dst.value.umax > 0xffff_ffffn) return NO_LINK;
  return { id: dst.id, delta: { by: operation === ALU.ADD ? by.value.smin : -by.value.smin, wide } };
}

/**
 * A register that is 0 or all ones (what an arithmetic shift by the width leaves) is walked as two cases before it is
 * masked: one range would forget that nothing lies between (Linux: maybe_fork_scalars).
 */
function forkMask(walk: Walk, index: number, reg: Reg): boolean {
  const whole = reg.value.smin === -1n && reg.value.smax === 0n;
  const half = !whole && reg.value.s32min === -1n && reg.value.s32max === 0n && reg.value.umax <= 0xffff_ffffn;
  if (!whole && !half) return true;
  const other = walk.fork(walk.insn);
  if (other === null) return false;
  other.frame().regs[index] = constReg(0n);
  markPreciseRegister(walk, index);
  walk.setReg(index, constReg(whole ? -1n : 0xffff_ffffn));
  return true;
}

/** {@link arithmetic} of the instruction walked, remembered. */
function arithmeticAt(walk: Walk, operation: number, signed: boolean, wide: boolean, a: Scalar, b: Scalar): Scalar {
  const memo = walk.arithmeticMemo;
  const known = memo.find(walk.insn, a, b);
  if (known !== undefined) return known;
  // All ones or zeros on top are a sign, not bits that matter; a number nothing is known of is no key in the making.
  if (operation === ALU.LSH && wide && isConst(b) && a.umax !== U64_MAX && a.umax << (b.umin & 63n) > U64_MAX) {
    walk.lossyShifts.add(walk.insn);
  }
  return memo.keep(walk.insn, a, b, arithmetic(operation, signed, wide, a, b));
}

/** The low half of `source` for the 32-bit move walked, remembered. */
function lowHalfAt(walk: Walk, source: Scalar): Scalar {
  const memo = walk.arithmeticMemo;
  return memo.find(walk.insn, source, source) ?? memo.keep(walk.insn, source, source, zeroExtend32(source));
}

function transferBinary(walk: Walk, operation: number, wide: boolean, byRegister: boolean): boolean {
  const { code, insn } = walk;
  const dstIndex = code.dst[insn] ?? 0;
  const srcIndex = code.src[insn] ?? 0;
  const imm = code.imm[insn] ?? 0;
  const second = byRegister ? readable(walk, srcIndex) : walk.immediate(insn, false);
  if (second === null) return false;
  const first = readable(walk, dstIndex);
  if (first === null) return false;
  if ((operation === ALU.DIV || operation === ALU.MOD) && !byRegister && imm === 0) return walk.refuse('division-by-zero', {});
  if (
    (operation === ALU.LSH || operation === ALU.RSH || operation === ALU.ARSH) &&
    !byRegister &&
    (imm < 0 || imm >= (wide ? 64 : 32))
  ) {
    return walk.refuse('shift-amount', { imm });
  }
  if (dstIndex === 10) return walk.refuse('frame-pointer-written', {});
  if (isPointer(first) && isPointer(second)) {
    return combinePointers(walk, dstIndex, operation);
  }
  if (isPointer(first)) {
    if (byRegister) markPreciseRegister(walk, srcIndex);
    return movePointer(walk, dstIndex, operation, wide, first, second, true);
  }
  if (isPointer(second)) {
    markPreciseRegister(walk, dstIndex);
    return movePointer(walk, dstIndex, operation, wide, second, first, false);
  }
  if ((operation === ALU.AND || operation === ALU.OR) && isConst(second.value) && !forkMask(walk, dstIndex, first)) return false;
  if (walk.reg(dstIndex) !== first) return transferBinary(walk, operation, wide, byRegister);
  const signed = (code.off[insn] ?? 0) === 1;
  const value = arithmeticAt(walk, operation, signed, wide, first.value, second.value);
  const link = linkAfterAdd(first, operation, wide, second, byRegister && srcIndex === dstIndex);
  walk.setReg(dstIndex, link.id === 0 || isConst(value) ? scalarReg(value) : numberReg(value, link.id, link.delta));
  return true;
}

/** The same register with an identity, so that what is learnt about one copy holds for the other. */
function withScalarId(walk: Walk, index: number): Reg {
  const reg = walk.reg(index);
  if (reg.kind !== KIND.SCALAR || isConst(reg.value) || (reg.id !== 0 && reg.delta === null)) return reg;
  const named = numberReg(reg.value, walk.newId(), null);
  walk.setReg(index, named);
  return named;
}

function transferMove(walk: Walk, wide: boolean, byRegister: boolean): boolean {
  const { code, insn } = walk;
  const dst = code.dst[insn] ?? 0;
  const srcIndex = code.src[insn] ?? 0;
  const extension = code.off[insn] ?? 0;
  if (!byRegister) {
    if (dst === 10) return walk.refuse('frame-pointer-written', {});
    walk.setReg(dst, walk.immediate(insn, !wide));
    return true;
  }
  const source = readable(walk, srcIndex);
  if (source === null) return false;
  if (dst === 10) return walk.refuse('frame-pointer-written', {});
  if (source.kind !== KIND.SCALAR) {
    if (wide && extension === 0) walk.setReg(dst, source);
    else if (extension !== 0) return walk.refuse('pointer-extension', { reg: srcIndex });
    else walk.setReg(dst, scalarReg(zeroExtend32(UNKNOWN_SCALAR)));
    return true;
  }
  if (extension !== 0) {
    const bytes = extension / 8;
    const fits =
      bytes < 8 && source.value.smin >= -(1n << BigInt(extension - 1)) && source.value.smax < 1n << BigInt(extension - 1);
    const value = signExtend(source.value, bytes, !wide);
    const keeps = wide && fits ? withScalarId(walk, srcIndex) : UNKNOWN;
    walk.setReg(dst, regWith(keeps, { kind: KIND.SCALAR, value }));
    return true;
  }
  if (wide) {
    walk.setReg(dst, withScalarId(walk, srcIndex));
    return true;
  }
  const keeps = source.value.umax <= 0xffff_ffffn ? withScalarId(walk, srcIndex) : UNKNOWN;
  const value = lowHalfAt(walk, source.value);
  walk.setReg(dst, keeps.id === 0 ? scalarReg(value) : regWith(keeps, { kind: KIND.SCALAR, value }));
  return true;
}

function transferUnary(walk: Walk, operation: number, wide: boolean, toBig: boolean): boolean {
  const { code, insn } = walk;
  const dst = code.dst[insn] ?? 0;
  const reg = readable(walk, dst);
  if (reg === null) return false;
  if (dst === 10) return walk.refuse('frame-pointer-written', {});
  if (reg.kind !== KIND.SCALAR) {
    walk.setReg(dst, wide || operation === ALU.END ? UNKNOWN : scalarReg(zeroExtend32(UNKNOWN_SCALAR)));
    return true;
  }
  if (operation === ALU.NEG) {
    walk.setScalar(dst, arithmetic(ALU.SUB, false, wide, ZERO_SCALAR, reg.value));
    return true;
  }
  const width = code.imm[insn] ?? 64;
  const swaps = wide || toBig;
  const cut = truncate(reg.value, width / 8);
  if (!swaps) walk.setScalar(dst, cut);
  else {
    const bits = tnumSwapBytes(tnumCast(cut.bits, width), width);
    walk.setScalar(dst, bits.mask === 0n ? constScalar(bits.value) : scalarOf({ bits }));
  }
  return true;
}

/** Transfer of every arithmetic instruction. */
export function transferAlu(walk: Walk): boolean {
  const opcode = walk.code.opcode[walk.insn] ?? 0;
  const operation = opcode & 0xf0;
  const wide = (opcode & 7) === CLASS.ALU64;
  const byRegister = (opcode & 8) === SOURCE.X;
  if (operation === ALU.END || operation === ALU.NEG) return transferUnary(walk, operation, wide, byRegister);
  if (operation === ALU.MOV) return transferMove(walk, wide, byRegister);
  return transferBinary(walk, operation, wide, byRegister);
}
