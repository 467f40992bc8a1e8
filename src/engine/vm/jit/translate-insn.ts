// One eBPF instruction to WebAssembly, registers as i64 locals 0 to 9 in place. The meaning is the interpreter's (RFC 9669): shifts
// masked, division by zero defined, 32-bit results zero-extended. Knows nothing of control flow.

import { ALU, ATOMIC, JMP } from '../../isa/opcodes.ts';
import type { ArrayPlace } from '../load.ts';
import { type Bytes, EMPTY_BLOCK, OP, TYPE } from './wasm-encoder.ts';

/** One slot's fields. */
export interface Fields {
  readonly slot: number;
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
}

/** What instructions need of the function around them. */
export interface Frame {
  readonly out: Bytes;
  /** Local index of a register (10 is the frame pointer, an i32 local). */
  readonly local: (register: number) => number;
  /** Two scratch locals: i64 and i32. */
  readonly scratch64: number;
  readonly scratch32: number;
  /** Present when addresses must be checked: bounds of the memory a program may touch, and the index of the fault import. */
  readonly checked: { readonly low: number; readonly high: number; readonly fault: number } | null;
}

/** Codes of the fault import, in the order of MachineFault. */
export const FAULT = { ADDRESS: 0, BUDGET: 1, DEPTH: 2, INSTRUCTION: 3 } as const;

/** Pushes a register as i64. */
export function pushRegister(frame: Frame, register: number): void {
  frame.out.byte(OP.LOCAL_GET).unsigned(frame.local(register));
  if (register === 10) frame.out.byte(OP.I64_EXTEND_U);
}

/** Pushes the low half of a register as i32. */
function pushLow(frame: Frame, register: number): void {
  frame.out.byte(OP.LOCAL_GET).unsigned(frame.local(register));
  if (register !== 10) frame.out.byte(OP.I32_WRAP);
}

const pushConst64 = (frame: Frame, imm: number): void => void frame.out.byte(OP.I64_CONST).signed64(imm, imm >> 31);
const pushConst32 = (frame: Frame, imm: number): void => void frame.out.byte(OP.I32_CONST).signed(imm);
const setRegister = (frame: Frame, register: number): void => void frame.out.byte(OP.LOCAL_SET).unsigned(frame.local(register));

const pushOperand64 = (frame: Frame, f: Fields): void =>
  (f.opcode & 8) !== 0 ? pushRegister(frame, f.src) : pushConst64(frame, f.imm);
const pushOperand32 = (frame: Frame, f: Fields): void =>
  (f.opcode & 8) !== 0 ? pushLow(frame, f.src) : pushConst32(frame, f.imm);

const SIMPLE: Readonly<Record<number, readonly [number, number]>> = {
  [ALU.ADD]: [OP.I64_ADD, OP.I32_ADD],
  [ALU.SUB]: [OP.I64_SUB, OP.I32_SUB],
  [ALU.MUL]: [OP.I64_MUL, OP.I32_MUL],
  [ALU.OR]: [OP.I64_OR, OP.I32_OR],
  [ALU.AND]: [OP.I64_AND, OP.I32_AND],
  [ALU.XOR]: [OP.I64_XOR, OP.I32_XOR],
  [ALU.LSH]: [OP.I64_SHL, OP.I32_SHL],
  [ALU.RSH]: [OP.I64_SHR_U, OP.I32_SHR_U],
  [ALU.ARSH]: [OP.I64_SHR_S, OP.I32_SHR_S],
};

/** Arithmetic of both widths. */
export function arithmetic(frame: Frame, f: Fields): void {
  const { out } = frame;
  const operation = f.opcode & 0xf0;
  const wide = (f.opcode & 7) === 7;
  if (operation === ALU.END) return byteOrder(frame, f);
  if (operation === ALU.DIV || operation === ALU.MOD) return division(frame, f, wide);
  if (operation === ALU.MOV) return move(frame, f, wide);
  if (operation === ALU.NEG) {
    if (wide) {
      pushConst64(frame, 0);
      pushRegister(frame, f.dst);
      out.byte(OP.I64_SUB);
    } else {
      pushConst32(frame, 0);
      pushLow(frame, f.dst);
      out.byte(OP.I32_SUB).byte(OP.I64_EXTEND_U);
    }
    return setRegister(frame, f.dst);
  }
  const [op64, op32] = SIMPLE[operation] ?? [OP.UNREACHABLE, OP.UNREACHABLE];
  if (wide) {
    pushRegister(frame, f.dst);
    pushOperand64(frame, f);
    out.byte(op64);
  } else {
    pushLow(frame, f.dst);
    pushOperand32(frame, f);
    out.byte(op32).byte(OP.I64_EXTEND_U);
  }
  setRegister(frame, f.dst);
}

function move(frame: Frame, f: Fields, wide: boolean): void {
  const { out } = frame;
  if (wide) {
    pushOperand64(frame, f);
    if (f.off === 8) out.byte(OP.I64_EXTEND8_S);
    else if (f.off === 16) out.byte(OP.I64_EXTEND16_S);
    else if (f.off === 32) out.byte(OP.I64_EXTEND32_S);
  } else {
    pushOperand32(frame, f);
    if (f.off === 8) out.byte(OP.I32_EXTEND8_S);
    else if (f.off === 16) out.byte(OP.I32_EXTEND16_S);
    out.byte(OP.I64_EXTEND_U);
  }
  setRegister(frame, f.dst);
}

/** Division and remainder; by zero gives 0 and the dividend, the most negative number by -1 itself and 0. */
function division(frame: Frame, f: Fields, wide: boolean): void {
  const { out } = frame;
  const isMod = (f.opcode & 0xf0) === ALU.MOD;
  const signed = f.off === 1;
  const type = wide ? TYPE.I64 : TYPE.I32;
  const pushA = (): void => (wide ? pushRegister(frame, f.dst) : pushLow(frame, f.dst));
  const pushB = (): void => (wide ? pushOperand64(frame, f) : pushOperand32(frame, f));
  const zero = (): void => (wide ? pushConst64(frame, 0) : pushConst32(frame, 0));
  const operation = wide
    ? isMod
      ? signed
        ? OP.I64_REM_S
        : OP.I64_REM_U
      : signed
        ? OP.I64_DIV_S
        : OP.I64_DIV_U
    : isMod
      ? signed
        ? OP.I32_REM_S
        : OP.I32_REM_U
      : signed
        ? OP.I32_DIV_S
        : OP.I32_DIV_U;
  const safe = (f.opcode & 8) === 0 && f.imm !== 0 && !(signed && f.imm === -1);
  if (safe) {
    pushA();
    pushB();
    out.byte(operation);
  } else {
    pushB();
    out
      .byte(wide ? OP.I64_EQZ : OP.I32_EQZ)
      .byte(OP.IF)
      .byte(type);
    if (isMod) pushA();
    else zero();
    out.byte(OP.ELSE);
    if (signed) {
      pushB();
      if (wide) pushConst64(frame, -1);
      else pushConst32(frame, -1);
      out
        .byte(wide ? OP.I64_EQ : OP.I32_EQ)
        .byte(OP.IF)
        .byte(type);
      zero();
      if (!isMod) {
        pushA();
        out.byte(wide ? OP.I64_SUB : OP.I32_SUB);
      }
      out.byte(OP.ELSE);
    }
    pushA();
    pushB();
    out.byte(operation);
    if (signed) out.byte(OP.END);
    out.byte(OP.END);
  }
  if (!wide) out.byte(OP.I64_EXTEND_U);
  setRegister(frame, f.dst);
}

/** Swaps the four bytes of the i32 on the stack. */
function swap32(frame: Frame): void {
  const { out, scratch32 } = frame;
  out.byte(OP.LOCAL_TEE).unsigned(scratch32);
  pushConst32(frame, 0x00ff00ff);
  out.byte(OP.I32_AND);
  pushConst32(frame, 24);
  out.byte(OP.I32_ROTL);
  out.byte(OP.LOCAL_GET).unsigned(scratch32);
  pushConst32(frame, 0xff00ff00 | 0);
  out.byte(OP.I32_AND);
  pushConst32(frame, 8);
  out.byte(OP.I32_ROTL);
  out.byte(OP.I32_OR);
}

function byteOrder(frame: Frame, f: Fields): void {
  const { out } = frame;
  const swaps = (f.opcode & 7) === 7 || (f.opcode & 8) !== 0;
  if (f.imm === 64) {
    if (!swaps) return;
    pushLow(frame, f.dst);
    swap32(frame);
    out.byte(OP.I64_EXTEND_U);
    pushConst64(frame, 32);
    out.byte(OP.I64_SHL);
    pushRegister(frame, f.dst);
    pushConst64(frame, 32);
    out.byte(OP.I64_SHR_U).byte(OP.I32_WRAP);
    swap32(frame);
    out.byte(OP.I64_EXTEND_U).byte(OP.I64_OR);
  } else {
    pushLow(frame, f.dst);
    if (swaps) swap32(frame);
    if (f.imm === 16) {
      pushConst32(frame, swaps ? 16 : 0xffff);
      out.byte(swaps ? OP.I32_SHR_U : OP.I32_AND);
    }
    out.byte(OP.I64_EXTEND_U);
  }
  setRegister(frame, f.dst);
}

/** Pushes the i32 address of `size` bytes at register + off, for an instruction whose own offset immediate is `immediateOffset`. */
function pushAddress(frame: Frame, register: number, f: Fields, size: number): number {
  const { out, checked } = frame;
  if (checked === null && f.off >= 0) {
    pushLow(frame, register);
    return f.off;
  }
  if (checked === null) {
    pushLow(frame, register);
    pushConst32(frame, f.off);
    out.byte(OP.I32_ADD);
    return 0;
  }
  pushRegister(frame, register);
  pushConst64(frame, f.off);
  out.byte(OP.I64_ADD).byte(OP.LOCAL_TEE).unsigned(frame.scratch64);
  pushConst64(frame, checked.low);
  out.byte(OP.I64_SUB);
  out.byte(OP.I64_CONST).signed64(checked.high - checked.low - size, 0);
  out.byte(OP.I64_GT_U).byte(OP.IF).byte(EMPTY_BLOCK);
  pushConst32(frame, FAULT.ADDRESS);
  pushConst32(frame, f.slot);
  out.byte(OP.CALL).unsigned(checked.fault).byte(OP.UNREACHABLE).byte(OP.END);
  out.byte(OP.LOCAL_GET).unsigned(frame.scratch64).byte(OP.I32_WRAP);
  return 0;
}

const SIZE_BYTES = [4, 2, 1, 8] as const;
const sizeOf = (opcode: number): 1 | 2 | 4 | 8 => SIZE_BYTES[(opcode >> 3) & 3] ?? 1;
const LOAD: Readonly<Record<number, number>> = { 1: OP.I64_LOAD8_U, 2: OP.I64_LOAD16_U, 4: OP.I64_LOAD32_U, 8: OP.I64_LOAD };
const LOAD_SIGNED: Readonly<Record<number, number>> = { 1: OP.I64_LOAD8_S, 2: OP.I64_LOAD16_S, 4: OP.I64_LOAD32_S };
const STORE: Readonly<Record<number, number>> = { 1: OP.I64_STORE8, 2: OP.I64_STORE16, 4: OP.I64_STORE32, 8: OP.I64_STORE };

/** An access of memory: opcode, no alignment promise, offset. */
const access = (frame: Frame, opcode: number, offset: number): void => void frame.out.byte(opcode).byte(0).unsigned(offset);

export function load(frame: Frame, f: Fields): void {
  const size = sizeOf(f.opcode);
  const offset = pushAddress(frame, f.src, f, size);
  const signed = f.opcode >> 5 === 4;
  access(frame, (signed ? LOAD_SIGNED[size] : LOAD[size]) ?? OP.UNREACHABLE, offset);
  setRegister(frame, f.dst);
}

export function store(frame: Frame, f: Fields): void {
  const size = sizeOf(f.opcode);
  const offset = pushAddress(frame, f.dst, f, size);
  if ((f.opcode & 7) === 3) pushRegister(frame, f.src);
  else pushConst64(frame, f.imm);
  access(frame, STORE[size] ?? OP.UNREACHABLE, offset);
}

const EXTEND: Readonly<Record<number, number>> = { 1: OP.I64_EXTEND8_S, 2: OP.I64_EXTEND16_S, 4: OP.I64_EXTEND32_S };

/** A load from a promoted stack slot, which holds the value zero-extended. */
export function loadLocal(frame: Frame, f: Fields, local: number): void {
  const size = sizeOf(f.opcode);
  frame.out.byte(OP.LOCAL_GET).unsigned(local);
  if (f.opcode >> 5 === 4) frame.out.byte(EXTEND[size] ?? OP.UNREACHABLE);
  setRegister(frame, f.dst);
}

/** A store to a promoted stack slot. */
export function storeLocal(frame: Frame, f: Fields, local: number): void {
  const size = sizeOf(f.opcode);
  const { out } = frame;
  if ((f.opcode & 7) === 3) pushRegister(frame, f.src);
  else pushConst64(frame, f.imm);
  if (size === 4) out.byte(OP.I32_WRAP).byte(OP.I64_EXTEND_U);
  else if (size < 4) {
    pushConst64(frame, size === 1 ? 0xff : 0xffff);
    out.byte(OP.I64_AND);
  }
  out.byte(OP.LOCAL_SET).unsigned(local);
}

/** bpf_map_lookup_elem of an array in place: R2 points to the number, R0 becomes the value's address or NULL. */
export function arrayLookup(frame: Frame, { values, stride, maxEntries }: ArrayPlace): void {
  const { out, scratch32 } = frame;
  pushLow(frame, 2);
  out.byte(OP.I32_LOAD).byte(0).unsigned(0).byte(OP.LOCAL_TEE).unsigned(scratch32);
  pushConst32(frame, maxEntries);
  out.byte(OP.I32_LT_U).byte(OP.IF).byte(TYPE.I64);
  out.byte(OP.LOCAL_GET).unsigned(scratch32);
  pushConst32(frame, stride);
  out.byte(OP.I32_MUL);
  pushConst32(frame, values);
  out.byte(OP.I32_ADD).byte(OP.I64_EXTEND_U).byte(OP.ELSE);
  pushConst64(frame, 0);
  out.byte(OP.END);
  setRegister(frame, 0);
}

/** Atomics: one thread, so a load, an operation and a store. */
export function atomic(frame: Frame, f: Fields): void {
  const { out, scratch64, scratch32 } = frame;
  const size = sizeOf(f.opcode);
  if (f.imm === ATOMIC.LOAD_ACQ) {
    const offset = pushAddress(frame, f.src, f, size);
    access(frame, LOAD[size] ?? OP.UNREACHABLE, offset);
    return setRegister(frame, f.dst);
  }
  const offset = pushAddress(frame, f.dst, f, size);
  if (f.imm === ATOMIC.STORE_REL) {
    pushRegister(frame, f.src);
    return access(frame, STORE[size] ?? OP.UNREACHABLE, offset);
  }
  out.byte(OP.LOCAL_TEE).unsigned(scratch32);
  access(frame, LOAD[size] ?? OP.UNREACHABLE, offset);
  out.byte(OP.LOCAL_SET).unsigned(scratch64);
  const put = (): void => access(frame, STORE[size] ?? OP.UNREACHABLE, offset);
  const pushOld = (): void => void out.byte(OP.LOCAL_GET).unsigned(scratch64);
  const pushPlace = (): void => void out.byte(OP.LOCAL_GET).unsigned(scratch32);
  if (f.imm === ATOMIC.CMPXCHG) {
    pushOld();
    pushRegister(frame, 0);
    if (size === 4) {
      pushConst64(frame, -1);
      pushConst64(frame, 32);
      out.byte(OP.I64_SHR_U).byte(OP.I64_AND);
    }
    out.byte(OP.I64_EQ).byte(OP.IF).byte(EMPTY_BLOCK);
    pushPlace();
    pushRegister(frame, f.src);
    put();
    out.byte(OP.END);
    pushOld();
    return setRegister(frame, 0);
  }
  pushPlace();
  const operation = f.imm & ~ATOMIC.FETCH;
  if (f.imm === ATOMIC.XCHG) pushRegister(frame, f.src);
  else {
    pushOld();
    pushRegister(frame, f.src);
    out.byte(
      operation === ATOMIC.ADD
        ? OP.I64_ADD
        : operation === ATOMIC.OR
          ? OP.I64_OR
          : operation === ATOMIC.AND
            ? OP.I64_AND
            : OP.I64_XOR,
    );
  }
  put();
  if ((f.imm & ATOMIC.FETCH) !== 0) {
    pushOld();
    setRegister(frame, f.src);
  }
}

/** [64-bit, 32-bit] comparison by the top four bits of the opcode. */
const COMPARE: Readonly<Record<number, readonly [number, number]>> = {
  [JMP.JEQ]: [OP.I64_EQ, OP.I32_EQ],
  [JMP.JNE]: [OP.I64_NE, OP.I32_NE],
  [JMP.JGT]: [OP.I64_GT_U, OP.I32_GT_U],
  [JMP.JGE]: [OP.I64_GE_U, OP.I32_GE_U],
  [JMP.JLT]: [OP.I64_LT_U, OP.I32_LT_U],
  [JMP.JLE]: [OP.I64_LE_U, OP.I32_LE_U],
  [JMP.JSGT]: [OP.I64_GT_S, OP.I32_GT_S],
  [JMP.JSGE]: [OP.I64_GE_S, OP.I32_GE_S],
  [JMP.JSLT]: [OP.I64_LT_S, OP.I32_LT_S],
  [JMP.JSLE]: [OP.I64_LE_S, OP.I32_LE_S],
};

/** Pushes the i32 truth of a conditional jump. */
export function condition(frame: Frame, f: Fields): void {
  const { out } = frame;
  const wide = (f.opcode & 7) === 5;
  if (wide) {
    pushRegister(frame, f.dst);
    pushOperand64(frame, f);
  } else {
    pushLow(frame, f.dst);
    pushOperand32(frame, f);
  }
  if ((f.opcode & 0xf0) === JMP.JSET) {
    if (wide) {
      out.byte(OP.I64_AND);
      pushConst64(frame, 0);
      out.byte(OP.I64_NE);
    } else out.byte(OP.I32_AND);
    return;
  }
  out.byte(COMPARE[f.opcode & 0xf0]?.[wide ? 0 : 1] ?? OP.UNREACHABLE);
}
