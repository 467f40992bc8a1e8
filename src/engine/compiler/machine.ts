// Machine code before register numbers are known: eBPF instructions over virtual registers, in blocks. Registers 0 to 10 are
// the machine's, numbers from FIRST_VIRTUAL on are virtual. Knows nothing of C or of the intermediate form beyond symbols.

import type { CType } from '../abi/ctype.ts';
import type { Insn } from '../isa/codec.ts';
import { ALU, CLASS, JMP, SOURCE } from '../isa/opcodes.ts';
import type { CoreReference } from './core-paths.ts';
import type { Slot, VariablePiece } from './ir.ts';
import type { Place } from './token.ts';
import type { FunctionSymbol, GlobalVariable } from './tree.ts';

export type Register = number;
/** No register in this operand. */
export const NO_REGISTER = -1;
export const FRAME_POINTER = 10;
export const FIRST_VIRTUAL = 16;
/** Registers the allocator hands out, R0 to R9. */
export const ALLOCATABLE = 10;

/** What an instruction refers to besides registers. */
export type Reference =
  | { readonly kind: 'data'; readonly variable: GlobalVariable; readonly addend: number }
  | { readonly kind: 'function-address'; readonly symbol: FunctionSymbol }
  | { readonly kind: 'function'; readonly symbol: FunctionSymbol }
  | { readonly kind: 'kfunc'; readonly name: string }
  | { readonly kind: 'type-id'; readonly type: CType }
  | { readonly kind: 'core'; readonly core: CoreReference };

/**
 * `alu`: dst op= src or imm (moves included). `frame`: dst = address of `slot` + off. `cmov`: unless `left opcode right|imm`
 * holds, dst becomes src or otherImm. `branch`: to `target` when it holds, else on to the next instruction.
 */
export type MachineKind =
  | 'alu'
  | 'lddw'
  | 'frame'
  | 'load'
  | 'store'
  | 'store-imm'
  | 'atomic'
  | 'cmov'
  | 'branch'
  | 'goto'
  | 'call'
  /** Instructions of an `asm` statement. */
  | 'asm'
  | 'exit'
  /** Makes no code: from here on a variable is where `held` says. */
  | 'debug';

/**
 * Where a piece of a variable is, for the debugger: in the register `src` of its instruction, in a spill slot (`slot`), a constant, the address
 * of a frame slot plus `offset`, without a value yet, nowhere.
 */
export interface HeldVariable {
  readonly piece: VariablePiece;
  readonly kind: 'register' | 'slot' | 'constant' | 'frame' | 'unset' | 'nowhere';
  readonly value: bigint;
  readonly offset: number;
  /** The register holds, or the constant is, the address of the piece. */
  readonly inMemory: boolean;
}

export interface MachineInsn {
  readonly kind: MachineKind;
  opcode: number;
  dst: Register;
  src: Register;
  off: number;
  imm: number;
  /** High half of lddw. */
  readonly high: number;
  /** For cmov: the compared registers; `right` absent compares with imm. */
  left: Register;
  right: Register;
  /** For cmov with an immediate value. */
  readonly otherImm: number;
  /** Frame slot that an access with base R10 or a `frame` means. */
  readonly slot: Slot | null;
  readonly reference: Reference | null;
  target: MachineBlock | null;
  /** For call: how many of R1 to R5 it reads. */
  readonly arguments: number;
  readonly code: readonly Insn[];
  readonly held: HeldVariable | null;
  readonly place: Place | null;
}

export interface MachineBlock {
  readonly label: string;
  insns: MachineInsn[];
  /** Loop nesting, for spill costs. */
  readonly depth: number;
}

export interface MachineFunction {
  readonly symbol: FunctionSymbol;
  readonly blocks: MachineBlock[];
  /** Next free virtual register number. */
  nextRegister: number;
  readonly slots: readonly Slot[];
}

const NO_CODE: readonly Insn[] = [];

/** An instruction with only the named fields set. Spelled out: there are thousands of these in a compilation. */
export function machineInsn(kind: MachineKind, fields: Partial<Omit<MachineInsn, 'kind'>>): MachineInsn {
  return {
    kind,
    opcode: fields.opcode ?? 0,
    dst: fields.dst ?? NO_REGISTER,
    src: fields.src ?? NO_REGISTER,
    off: fields.off ?? 0,
    imm: fields.imm ?? 0,
    high: fields.high ?? 0,
    left: fields.left ?? NO_REGISTER,
    right: fields.right ?? NO_REGISTER,
    otherImm: fields.otherImm ?? 0,
    slot: fields.slot ?? null,
    reference: fields.reference ?? null,
    target: fields.target ?? null,
    arguments: fields.arguments ?? 0,
    code: fields.code ?? NO_CODE,
    held: fields.held ?? null,
    place: fields.place ?? null,
  };
}

const MOVE = ALU.MOV | SOURCE.X | CLASS.ALU64;

/** True for a plain 64-bit register copy, which coalescing may remove. */
export const isMove = (insn: MachineInsn): boolean => insn.kind === 'alu' && insn.opcode === MOVE && insn.off === 0;

export const moveInsn = (dst: Register, src: Register, place: Place | null): MachineInsn =>
  machineInsn('alu', { opcode: MOVE, dst, src, place });

/** Calls `visit` for every register the instruction reads. */
export function eachUse(insn: MachineInsn, visit: (register: Register) => void): void {
  switch (insn.kind) {
    case 'alu':
      if ((insn.opcode & 0xf0) !== ALU.MOV) visit(insn.dst);
      if (insn.src !== NO_REGISTER) visit(insn.src);
      return;
    case 'load':
      visit(insn.src);
      return;
    case 'store':
      visit(insn.dst);
      visit(insn.src);
      return;
    case 'store-imm':
      visit(insn.dst);
      return;
    case 'atomic':
      visit(insn.dst);
      visit(insn.src);
      if ((insn.imm & 0xf1) === 0xf1) visit(0);
      return;
    case 'cmov':
      visit(insn.dst);
      if (insn.left !== NO_REGISTER) visit(insn.left);
      if (insn.right !== NO_REGISTER) visit(insn.right);
      if (insn.src !== NO_REGISTER) visit(insn.src);
      return;
    case 'branch':
      if (insn.dst !== NO_REGISTER) visit(insn.dst);
      if (insn.src !== NO_REGISTER) visit(insn.src);
      return;
    case 'call':
      for (let i = 1; i <= insn.arguments; i++) visit(i);
      return;
    case 'exit':
      visit(0);
      return;
    default:
      return;
  }
}

/** Calls `visit` for every register the instruction writes. */
export function eachDefinition(insn: MachineInsn, visit: (register: Register) => void): void {
  switch (insn.kind) {
    case 'alu':
    case 'lddw':
    case 'frame':
    case 'load':
    case 'cmov':
      visit(insn.dst);
      return;
    case 'atomic':
      if ((insn.imm & 0xf1) === 0xf1) visit(0);
      else if ((insn.imm & 1) === 1) visit(insn.src);
      return;
    case 'call':
    case 'asm':
      for (let i = 0; i <= 5; i++) visit(i);
      return;
    default:
      return;
  }
}

/** Renames registers in place. */
export function mapRegisters(insn: MachineInsn, rename: (register: Register) => Register): void {
  if (insn.dst !== NO_REGISTER) insn.dst = rename(insn.dst);
  if (insn.src !== NO_REGISTER) insn.src = rename(insn.src);
  if (insn.left !== NO_REGISTER) insn.left = rename(insn.left);
  if (insn.right !== NO_REGISTER) insn.right = rename(insn.right);
}

/** Conditions and their opposites; JSET has none. */
export const OPPOSITE_JUMP: ReadonlyMap<number, number> = new Map<number, number>([
  [JMP.JEQ, JMP.JNE],
  [JMP.JNE, JMP.JEQ],
  [JMP.JLT, JMP.JGE],
  [JMP.JGE, JMP.JLT],
  [JMP.JGT, JMP.JLE],
  [JMP.JLE, JMP.JGT],
  [JMP.JSLT, JMP.JSGE],
  [JMP.JSGE, JMP.JSLT],
  [JMP.JSGT, JMP.JSLE],
  [JMP.JSLE, JMP.JSGT],
]);
