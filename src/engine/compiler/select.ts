// Intermediate code to machine instructions over virtual registers. 32-bit operations leave the upper half zero, so widening
// a value that one of them made costs nothing; a load of four bytes used as 64 bits is one instruction. Calls use R1 to R5
// and R0. Knows nothing of register allocation.

import { present } from '../base/assert.ts';
import { ALU, ATOMIC, CLASS, JMP, MODE, SIZE, SOURCE } from '../isa/opcodes.ts';
import { CORE, type CoreReference } from './core-paths.ts';
import { type Extension, extensionsOf } from './extension.ts';
import {
  type AccessSize,
  type BinaryOp,
  type Block,
  type DebugInst,
  type Inst,
  type IrFunction,
  mirrored,
  opposite,
  type Predicate,
  resolve,
  reversePostorder,
  type Width,
} from './ir.ts';
import {
  FIRST_VIRTUAL,
  FRAME_POINTER,
  type HeldVariable,
  type MachineBlock,
  type MachineFunction,
  type MachineInsn,
  machineInsn,
  moveInsn,
  NO_REGISTER,
  type Reference,
  type Register,
} from './machine.ts';
import { loopDepths } from './optimise/loops.ts';
import type { Reporter } from './report.ts';
import type { Place } from './token.ts';

export interface SelectOptions {
  readonly cpu: 'v1' | 'v2' | 'v3' | 'v4';
}

const ALU_OF: Readonly<Record<BinaryOp, number>> = {
  add: ALU.ADD,
  sub: ALU.SUB,
  mul: ALU.MUL,
  udiv: ALU.DIV,
  sdiv: ALU.DIV,
  umod: ALU.MOD,
  smod: ALU.MOD,
  and: ALU.AND,
  or: ALU.OR,
  xor: ALU.XOR,
  shl: ALU.LSH,
  lshr: ALU.RSH,
  ashr: ALU.ARSH,
};
const JUMP_OF: Readonly<Record<Predicate, number>> = {
  eq: JMP.JEQ,
  ne: JMP.JNE,
  ult: JMP.JLT,
  ule: JMP.JLE,
  ugt: JMP.JGT,
  uge: JMP.JGE,
  slt: JMP.JSLT,
  sle: JMP.JSLE,
  sgt: JMP.JSGT,
  sge: JMP.JSGE,
};
const SIZE_OF: Readonly<Record<AccessSize, number>> = { 1: SIZE.B, 2: SIZE.H, 4: SIZE.W, 8: SIZE.DW };
const COMMUTATIVE: ReadonlySet<BinaryOp> = new Set(['add', 'mul', 'and', 'or', 'xor']);
const SIGNED: ReadonlySet<Predicate> = new Set(['slt', 'sle', 'sgt', 'sge']);

/** The constant as an immediate, or null when the instruction would not hold it. */
function immediateOf(inst: Inst): number | null {
  if (inst.op !== 'const') return null;
  const signed = BigInt.asIntN(inst.width, inst.value);
  return signed >= -0x8000_0000n && signed <= 0x7fff_ffffn ? Number(signed) : null;
}

const coreReference = (core: CoreReference | undefined): Reference | null => (core === undefined ? null : { kind: 'core', core });

const fits16 = (offset: number): boolean => offset >= -32768 && offset <= 32767;

export function selectInstructions(fn: IrFunction, options: SelectOptions, reporter: Reporter): MachineFunction {
  return new Selector(fn, options, reporter).run();
}

class Selector {
  private readonly fn: IrFunction;
  private readonly cpu: SelectOptions['cpu'];
  private readonly reporter: Reporter;
  private readonly registers = new Map<Inst, Register>();
  private readonly phiTemporaries = new Map<Inst, Register>();
  private readonly uses: Int32Array;
  private readonly valueUses: Int32Array;
  private readonly extensions: ReadonlyMap<Inst, Extension>;
  private readonly blocks = new Map<Block, MachineBlock>();
  /** Addresses and large constants made since the last call, on every way to the place at hand. */
  private local = new Map<Inst, Register>();
  private readonly localAtEnd = new Map<Block, ReadonlyMap<Inst, Register>>();
  private insns: MachineInsn[] = [];
  private place: Place | null = null;
  private next = FIRST_VIRTUAL;

  constructor(fn: IrFunction, options: SelectOptions, reporter: Reporter) {
    this.fn = fn;
    this.cpu = options.cpu;
    this.reporter = reporter;
    this.uses = new Int32Array(fn.instCount);
    this.valueUses = new Int32Array(fn.instCount);
    this.extensions = extensionsOf(fn, options.cpu === 'v4');
    this.countUses();
  }

  run(): MachineFunction {
    const depths = loopDepths(this.fn);
    const machineBlocks = this.fn.blocks.map((block): MachineBlock => {
      const made = { label: `${block.label}.${block.id}`, insns: [], depth: depths.get(block) ?? 0 };
      this.blocks.set(block, made);
      return made;
    });
    // Definitions before uses, whatever the layout: a widening may make its result an alias of its operand.
    for (const block of reversePostorder(this.fn)) {
      this.insns = [];
      this.local = this.localAtStart(block);
      if (block === this.fn.blocks[0]) this.enter();
      this.selectBlock(block);
      this.target(block).insns = this.insns;
      if (this.local.size > 0) this.localAtEnd.set(block, this.local);
    }
    return { symbol: this.fn.symbol, blocks: machineBlocks, nextRegister: this.next, slots: this.fn.slots };
  }

  /** What every way to the block has made; nothing for the first block of a loop, whose end is not known yet. */
  private localAtStart(block: Block): Map<Inst, Register> {
    const [first, ...others] = block.preds;
    const known = new Map(first === undefined ? [] : this.localAtEnd.get(first));
    for (const [inst, register] of known)
      if (others.some((pred) => this.localAtEnd.get(pred)?.get(inst) !== register)) known.delete(inst);
    return known;
  }

  private countUses(): void {
    const use = (inst: Inst, asValue: boolean): void => {
      this.uses[inst.id] = (this.uses[inst.id] ?? 0) + 1;
      if (asValue) this.valueUses[inst.id] = (this.valueUses[inst.id] ?? 0) + 1;
    };
    for (const block of this.fn.blocks) {
      for (const inst of [...block.phis, ...block.body]) {
        inst.args.forEach((arg, i) => {
          use(arg, inst.op !== 'select' || i !== 0);
        });
      }
      if (block.end.kind === 'branch') use(block.end.condition, false);
      else if (block.end.kind === 'return' && block.end.value !== null) use(block.end.value, true);
    }
  }

  private emit(insn: MachineInsn): void {
    this.insns.push(insn);
  }

  private fresh(): Register {
    return this.next++;
  }

  private registerOf(inst: Inst): Register {
    let register = this.registers.get(inst);
    if (register === undefined) {
      register = this.fresh();
      this.registers.set(inst, register);
    }
    return register;
  }

  private move(dst: Register, src: Register): void {
    if (dst !== src) this.emit(moveInsn(dst, src, this.place));
  }

  private alu(operation: number, width: Width, dst: Register, src: Register | null, imm = 0, off = 0): void {
    const opcode = operation | (width === 64 ? CLASS.ALU64 : CLASS.ALU) | (src === null ? SOURCE.K : SOURCE.X);
    this.emit(machineInsn('alu', { opcode, dst, src: src ?? NO_REGISTER, imm, off, place: this.place }));
  }

  private enter(): void {
    this.place = this.fn.symbol.place;
    for (const inst of this.fn.blocks[0]?.body ?? []) {
      if (inst.op !== 'debug' || inst.holds?.op !== 'param') continue;
      const held: HeldVariable = { piece: inst.piece, kind: 'register', value: 0n, offset: 0, inMemory: inst.inMemory };
      this.emit(machineInsn('debug', { src: inst.holds.index + 1, held }));
    }
    this.fn.params.forEach((param, i) => {
      if (this.uses[param.id] !== 0) this.move(this.registerOf(param), i + 1);
    });
  }

  /** A register that holds the value; constants and addresses are made here. */
  private operand(inst: Inst): Register {
    switch (inst.op) {
      case 'const':
      case 'global':
      case 'function':
      case 'slot':
        return this.materialise(inst);
      case 'undef': {
        const dst = this.fresh();
        this.alu(ALU.MOV, inst.width, dst, null, 0);
        return dst;
      }
      default:
        return this.registerOf(inst);
    }
  }

  private materialise(inst: Inst): Register {
    const known = this.local.get(inst);
    if (known !== undefined) return known;
    const dst = this.fresh();
    this.makeConstant(inst, dst);
    this.local.set(inst, dst);
    return dst;
  }

  /** Puts a constant or address into `dst`. */
  private makeConstant(inst: Inst, dst: Register): void {
    const { place } = this;
    if (inst.op === 'const') {
      const imm = immediateOf(inst);
      if (imm !== null) this.alu(ALU.MOV, inst.width, dst, null, imm);
      else if (inst.value <= 0xffff_ffffn) this.alu(ALU.MOV, 32, dst, null, Number(BigInt.asIntN(32, inst.value)));
      else {
        const low = Number(BigInt.asIntN(32, inst.value));
        const high = Number(BigInt.asIntN(32, inst.value >> 32n));
        this.emit(machineInsn('lddw', { opcode: 0x18, dst, imm: low, high, place }));
      }
    } else if (inst.op === 'global')
      this.emit(
        machineInsn('lddw', {
          opcode: 0x18,
          dst,
          reference: { kind: 'data', variable: inst.variable, addend: inst.offset },
          place,
        }),
      );
    else if (inst.op === 'function')
      this.emit(machineInsn('lddw', { opcode: 0x18, dst, reference: { kind: 'function-address', symbol: inst.symbol }, place }));
    else if (inst.op === 'slot') this.emit(machineInsn('frame', { dst, slot: inst.slot, place }));
  }

  /** Copies a value to a given register. */
  private into(dst: Register, inst: Inst): void {
    if (inst.op === 'undef') {
      this.alu(ALU.MOV, inst.width, dst, null, 0);
      return;
    }
    if (inst.op === 'const' || inst.op === 'global' || inst.op === 'function' || inst.op === 'slot') {
      const known = this.local.get(inst);
      if (known !== undefined && immediateOf(inst) === null) this.move(dst, known);
      else this.makeConstant(inst, dst);
      return;
    }
    this.move(dst, this.registerOf(inst));
  }

  private selectBlock(block: Block): void {
    for (const phi of block.phis) {
      this.place = phi.place;
      this.move(this.registerOf(phi), this.temporaryOf(phi));
    }
    for (const inst of block.body) {
      if (inst.op === 'debug') {
        this.sayWhere(inst);
        continue;
      }
      this.place = inst.place ?? this.place;
      this.select(inst);
    }
    const { end } = block;
    this.place = end.place ?? this.place;
    this.copyToPhis(block);
    this.selectEnd(block);
  }

  /** What the debugger is to know; a value that no register gets is nowhere. */
  private sayWhere({ piece, holds, inMemory }: DebugInst): void {
    const value = holds === null ? null : resolve(holds);
    const nowhere: HeldVariable = { piece, kind: 'nowhere', value: 0n, offset: 0, inMemory };
    if (value === null) this.emit(machineInsn('debug', { held: nowhere }));
    else if (value.op === 'undef') this.emit(machineInsn('debug', { held: { ...nowhere, kind: 'unset' } }));
    else if (value.op === 'const')
      this.emit(machineInsn('debug', { held: { ...nowhere, kind: 'constant', value: value.value } }));
    else if (value.op === 'slot') this.emit(machineInsn('debug', { slot: value.slot, held: { ...nowhere, kind: 'frame' } }));
    else {
      const src = this.registers.get(value) ?? this.local.get(value);
      this.emit(
        machineInsn('debug', { src: src ?? NO_REGISTER, held: src === undefined ? nowhere : { ...nowhere, kind: 'register' } }),
      );
    }
  }

  private temporaryOf(phi: Inst): Register {
    let register = this.phiTemporaries.get(phi);
    if (register === undefined) {
      register = this.fresh();
      this.phiTemporaries.set(phi, register);
    }
    return register;
  }

  /** Values for the phis of the blocks that follow, each into a register of its own (Sreedhar et al., 1999, method I). */
  private copyToPhis(block: Block): void {
    const { end } = block;
    const targets = end.kind === 'jump' ? [end.target] : end.kind === 'branch' ? new Set([end.yes, end.no]) : [];
    for (const target of targets) {
      for (const phi of target.phis) {
        if (phi.op !== 'phi') continue;
        const value = phi.args[phi.incoming.indexOf(block)];
        if (value !== undefined && value.op !== 'undef') this.into(this.temporaryOf(phi), value);
        else this.alu(ALU.MOV, 32, this.temporaryOf(phi), null, 0);
      }
    }
  }

  private selectEnd(block: Block): void {
    const { end } = block;
    const { place } = this;
    switch (end.kind) {
      case 'jump':
        this.emit(machineInsn('goto', { opcode: JMP.JA | CLASS.JMP, target: this.target(end.target), place }));
        return;
      case 'branch': {
        if (this.jumpsOnBudget(block)) {
          const opcode = JMP.JCOND | CLASS.JMP;
          this.emit(machineInsn('branch', { opcode, target: this.target(end.no), place }));
          this.emit(machineInsn('goto', { opcode: JMP.JA | CLASS.JMP, target: this.target(end.yes), place }));
          return;
        }
        if (end.yes !== end.no) this.branch(end.condition, this.target(end.yes));
        this.emit(machineInsn('goto', { opcode: JMP.JA | CLASS.JMP, target: this.target(end.no), place }));
        return;
      }
      case 'return':
        if (end.value !== null) this.returnValue(end.value);
        else this.alu(ALU.MOV, 32, 0, null, 0);
        this.emit(machineInsn('exit', { opcode: JMP.EXIT | CLASS.JMP, place }));
        return;
      case 'unreachable':
        this.alu(ALU.MOV, 32, 0, null, 0);
        this.emit(machineInsn('exit', { opcode: JMP.EXIT | CLASS.JMP, place }));
        return;
    }
  }

  /** R0; a 32-bit result is handed over with its upper half zero. */
  private returnValue(value: Inst): void {
    if (value.width === 32 && value.op !== 'const' && value.op !== 'undef' && !this.extensions.get(value)?.zero)
      this.alu(ALU.MOV, 32, 0, this.registerOf(value));
    else this.into(0, value);
  }

  private target(block: Block): MachineBlock {
    return present(this.blocks.get(block), 'target block');
  }

  /** Condition as jump operation with operands. */
  private condition(
    inst: Inst,
    negate: boolean,
  ): { operation: number; width: Width; left: Register; right: Register; imm: number } {
    let predicate: Predicate = 'ne';
    let left = inst;
    let right = this.fn.constant(0n, inst.width);
    if (inst.op === 'compare') {
      ({ predicate } = inst);
      left = present(inst.args[0], 'left operand');
      right = present(inst.args[1], 'right operand');
    }
    if (negate) predicate = opposite(predicate);
    if (left.op === 'const' && right.op !== 'const') {
      [left, right] = [right, left];
      predicate = mirrored(predicate);
    }
    return this.jumpOperands(predicate, left, right);
  }

  private jumpOperands(
    predicate: Predicate,
    left: Inst,
    right: Inst,
  ): { operation: number; width: Width; left: Register; right: Register; imm: number } {
    const narrow = left.width === 32 && (this.cpu === 'v1' || this.cpu === 'v2');
    const width: Width = narrow ? 64 : left.width;
    const signed = SIGNED.has(predicate);
    const fetch = (inst: Inst): Register => (narrow ? this.widened(inst, signed) : this.operand(inst));
    let imm = immediateOf(right);
    if (narrow && imm !== null && !signed && imm < 0) imm = null;
    let operation = JUMP_OF[predicate];
    const missing =
      this.cpu === 'v1' && (predicate === 'ult' || predicate === 'ule' || predicate === 'slt' || predicate === 'sle');
    if (missing) {
      operation = JUMP_OF[mirrored(predicate)];
      return { operation, width, left: fetch(right), right: fetch(left), imm: 0 };
    }
    if (imm !== null) return { operation, width, left: fetch(left), right: NO_REGISTER, imm };
    return { operation, width, left: fetch(left), right: fetch(right), imm: 0 };
  }

  /** A 32-bit value extended to 64, for instruction sets without 32-bit jumps. */
  private widened(inst: Inst, signed: boolean): Register {
    const dst = this.fresh();
    if (inst.op === 'const') {
      this.makeConstant(this.fn.constant(signed ? BigInt.asIntN(32, inst.value) : inst.value, 64), dst);
      return dst;
    }
    if (!signed) {
      if (this.extensions.get(inst)?.zero) return this.operand(inst);
      this.alu(ALU.MOV, 32, dst, this.operand(inst));
      return dst;
    }
    this.signExtend(dst, this.operand(inst), 32, 64);
    return dst;
  }

  private branch(condition: Inst, target: MachineBlock): void {
    if (condition.op === 'const') {
      if (condition.value !== 0n) this.emit(machineInsn('goto', { opcode: JMP.JA | CLASS.JMP, target, place: this.place }));
      return;
    }
    const { operation, width, left, right, imm } = this.condition(condition, false);
    const opcode = operation | (width === 64 ? CLASS.JMP : CLASS.JMP32) | (right === NO_REGISTER ? SOURCE.K : SOURCE.X);
    this.emit(machineInsn('branch', { opcode, dst: left, src: right, imm, target, place: this.place }));
  }

  /** dst = condition ? yes : no, as a move and a conditional second move. */
  private selectValue(dst: Register, condition: Inst, yes: Inst, no: Inst): void {
    this.into(dst, yes);
    const otherImm = immediateOf(no);
    const other = otherImm === null || no.op !== 'const' ? this.operand(no) : NO_REGISTER;
    const { operation, width, left, right, imm } = this.condition(condition, false);
    const opcode = operation | (width === 64 ? CLASS.JMP : CLASS.JMP32) | (right === NO_REGISTER ? SOURCE.K : SOURCE.X);
    this.emit(
      machineInsn('cmov', {
        opcode,
        dst,
        src: other,
        left,
        right,
        imm,
        otherImm: otherImm ?? 0,
        off: yes.width,
        place: this.place,
      }),
    );
  }

  private select(inst: Inst): void {
    switch (inst.op) {
      case 'binary':
        return this.selectBinary(inst, inst.kind);
      case 'compare':
        // Compares that only branches and selects read are made where they are read.
        if (this.valueUses[inst.id] !== 0)
          this.selectValue(this.registerOf(inst), inst, this.fn.constant(1n, 32), this.fn.constant(0n, 32));
        return;
      case 'select': {
        const [condition, yes, no] = inst.args;
        if (condition !== undefined && yes !== undefined && no !== undefined)
          this.selectValue(this.registerOf(inst), condition, yes, no);
        return;
      }
      case 'trunc':
      case 'zext':
        return this.selectResize(inst);
      case 'sext': {
        const source = present(inst.args[0], 'operand');
        if (inst.from === 32 && this.extensions.get(source)?.sign) this.registers.set(inst, this.operand(source));
        else this.signExtend(this.registerOf(inst), this.operand(source), inst.from, inst.width);
        return;
      }
      case 'bswap':
        return this.selectSwap(inst, inst.bits);
      case 'load':
        return this.selectLoad(inst);
      case 'store':
        return this.selectStore(inst);
      case 'call':
        return this.selectCall(inst);
      case 'atomic':
        return this.selectAtomic(inst);
      case 'asm':
        this.emit(machineInsn('asm', { code: inst.code, place: this.place }));
        this.local.clear();
        return;
      case 'type-id':
        this.emit(
          machineInsn('alu', {
            opcode: ALU.MOV | SOURCE.K | CLASS.ALU64,
            dst: this.registerOf(inst),
            reference: { kind: 'type-id', type: inst.type },
            place: this.place,
          }),
        );
        return;
      case 'core-value':
        return this.selectCoreValue(inst);
      case 'may-goto':
        if (inst.block === null || !this.jumpsOnBudget(inst.block)) this.mayGoto(inst);
        return;
      default:
        return;
    }
  }

  private selectCoreValue(inst: Extract<Inst, { op: 'core-value' }>): void {
    const imm = Number(BigInt.asIntN(32, inst.value));
    const fields = { dst: this.registerOf(inst), imm, reference: { kind: 'core', core: inst.core } as const, place: this.place };
    // Values of enumerators may be 64 bits wide in another kernel.
    const isWide = inst.core.what === CORE.ENUMVAL_EXISTS || inst.core.what === CORE.ENUMVAL_VALUE;
    if (isWide || inst.value > 0x7fff_ffffn)
      this.emit(machineInsn('lddw', { ...fields, opcode: 0x18, high: Number(BigInt.asIntN(32, inst.value >> 32n)) }));
    else this.emit(machineInsn('alu', { ...fields, opcode: ALU.MOV | SOURCE.K | CLASS.ALU64 }));
  }

  /** True when the block ends with a branch on a may_goto in front of it that nothing else reads. */
  private jumpsOnBudget(block: Block): boolean {
    const { end } = block;
    return (
      end.kind === 'branch' &&
      end.condition.op === 'may-goto' &&
      this.uses[end.condition.id] === 1 &&
      block.body.findLast((inst) => inst.op !== 'debug') === end.condition
    );
  }

  /** The budget as a number: 0, and 1 unless may_goto jumps over. */
  private mayGoto(inst: Inst): void {
    const result = this.fresh();
    this.alu(ALU.MOV, 32, result, null, 0);
    const opcode = JMP.JCOND | CLASS.JMP;
    this.emit(machineInsn('cmov', { opcode, dst: result, otherImm: 1, off: 32, place: this.place }));
    this.move(this.registerOf(inst), result);
  }

  private selectResize(inst: Inst): void {
    const source = present(inst.args[0], 'operand');
    if (inst.op === 'trunc' || this.extensions.get(source)?.zero) {
      this.registers.set(inst, this.operand(source));
      return;
    }
    this.alu(ALU.MOV, 32, this.registerOf(inst), this.operand(source));
  }

  private signExtend(dst: Register, src: Register, from: 8 | 16 | 32, width: Width): void {
    if (this.cpu === 'v4') {
      this.alu(ALU.MOV, width, dst, src, 0, from);
      return;
    }
    this.move(dst, src);
    this.alu(ALU.LSH, width, dst, null, width - from);
    this.alu(ALU.ARSH, width, dst, null, width - from);
  }

  private selectBinary(inst: Inst, kind: BinaryOp): void {
    let left = present(inst.args[0], 'left operand');
    let right = present(inst.args[1], 'right operand');
    const dst = this.registerOf(inst);
    const { width } = inst;
    if (COMMUTATIVE.has(kind) && left.op === 'const' && right.op !== 'const') [left, right] = [right, left];
    else if (
      COMMUTATIVE.has(kind) &&
      immediateOf(right) === null &&
      this.uses[right.id] === 1 &&
      (this.uses[left.id] ?? 0) > 1 &&
      right.block !== null
    )
      [left, right] = [right, left];
    const signedDivision = kind === 'sdiv' || kind === 'smod';
    if (signedDivision && this.cpu !== 'v4') this.reporter.report('signed-division', inst.place, [this.cpu]);
    const off = signedDivision ? 1 : 0;
    const divides = signedDivision || kind === 'udiv' || kind === 'umod';
    if (kind === 'sub' && left.op === 'const' && left.value === 0n) {
      this.move(dst, this.operand(right));
      this.emit(machineInsn('alu', { opcode: ALU.NEG | (width === 64 ? CLASS.ALU64 : CLASS.ALU), dst, place: this.place }));
      return;
    }
    if (left.op === 'slot' && kind === 'add' && immediateOf(right) !== null) {
      this.emit(machineInsn('frame', { dst, slot: left.slot, off: immediateOf(right) ?? 0, place: this.place }));
      return;
    }
    const imm = immediateOf(right);
    const usable =
      imm !== null &&
      !(divides && imm === 0) &&
      !((kind === 'shl' || kind === 'lshr' || kind === 'ashr') && (imm < 0 || imm >= width));
    const source = usable ? null : this.operand(right);
    this.into(dst, left);
    this.alu(ALU_OF[kind], width, dst, source, usable ? (imm ?? 0) : 0, off);
  }

  private selectSwap(inst: Inst, bits: 16 | 32 | 64): void {
    const dst = this.registerOf(inst);
    this.move(dst, this.operand(present(inst.args[0], 'operand')));
    const opcode = this.cpu === 'v4' ? ALU.END | CLASS.ALU64 : ALU.END | SOURCE.X | CLASS.ALU;
    this.emit(machineInsn('alu', { opcode, dst, imm: bits, place: this.place }));
  }

  /** Base register, frame slot and offset of a memory access. */
  private address(base: Inst, offset: number): { base: Register; off: number; slot: (Inst & { op: 'slot' }) | null } {
    if (base.op === 'slot') return { base: FRAME_POINTER, off: offset, slot: base };
    if (fits16(offset)) return { base: this.operand(base), off: offset, slot: null };
    const moved = this.fresh();
    this.move(moved, this.operand(base));
    this.alu(ALU.ADD, 64, moved, null, offset);
    return { base: moved, off: 0, slot: null };
  }

  private selectLoad(inst: Extract<Inst, { op: 'load' }>): void {
    const at = this.address(present(inst.args[0], 'address'), inst.offset);
    const extension = this.extensions.get(inst);
    const memsx = extension?.sign === true && inst.size < 8;
    const opcode = (memsx ? MODE.MEMSX : MODE.MEM) | SIZE_OF[inst.size] | CLASS.LDX;
    const narrow = inst.isSigned && inst.size < 4 && !memsx;
    const dst = narrow ? this.fresh() : this.registerOf(inst);
    const { place } = this;
    const reference = coreReference(inst.core);
    this.emit(machineInsn('load', { opcode, dst, src: at.base, off: at.off, slot: at.slot?.slot ?? null, reference, place }));
    if (narrow) this.signExtend(this.registerOf(inst), dst, inst.size === 1 ? 8 : 16, 32);
  }

  private selectStore(inst: Extract<Inst, { op: 'store' }>): void {
    const base = present(inst.args[0], 'address');
    const value = present(inst.args[1], 'value');
    const imm = immediateOf(value);
    const { place } = this;
    const size = SIZE_OF[inst.size];
    // As clang does: from v4 on. Kernels before 6.4 refuse immediate stores to the context, and tools of that time cannot read them.
    if (imm !== null && value.op === 'const' && this.cpu === 'v4') {
      const at = this.address(base, inst.offset);
      const low = inst.size >= 4 ? imm : inst.size === 2 ? (imm << 16) >> 16 : (imm << 24) >> 24;
      const fields = { dst: at.base, off: at.off, slot: at.slot?.slot ?? null, reference: coreReference(inst.core), place };
      this.emit(machineInsn('store-imm', { opcode: MODE.MEM | size | CLASS.ST, imm: low, ...fields }));
      return;
    }
    const src = this.operand(value);
    const at = this.address(base, inst.offset);
    const fields = { dst: at.base, src, off: at.off, slot: at.slot?.slot ?? null, reference: coreReference(inst.core), place };
    this.emit(machineInsn('store', { opcode: MODE.MEM | size | CLASS.STX, ...fields }));
  }

  private selectCall(inst: Extract<Inst, { op: 'call' }>): void {
    // Values first, then the moves: making a constant never disturbs an argument register.
    const args = inst.args.map((arg) =>
      arg.op === 'const' || arg.op === 'slot' || arg.op === 'global' || arg.op === 'function' ? null : this.operand(arg),
    );
    args.forEach((register, i) => {
      if (register !== null) this.move(i + 1, register);
    });
    inst.args.forEach((arg, i) => {
      if (args[i] === null) this.into(i + 1, arg);
    });
    const { target } = inst;
    const opcode = JMP.CALL | CLASS.JMP;
    const shared = { opcode, arguments: inst.args.length, place: this.place };
    // Reported already: nothing of this is kept.
    if (target.kind === 'indirect') return;
    if (target.kind === 'helper') this.emit(machineInsn('call', { ...shared, imm: target.id }));
    else if (target.kind === 'kfunc')
      this.emit(machineInsn('call', { ...shared, src: NO_REGISTER, imm: -1, reference: { kind: 'kfunc', name: target.name } }));
    else this.emit(machineInsn('call', { ...shared, imm: -1, reference: { kind: 'function', symbol: target.symbol } }));
    this.local.clear();
    if (inst.hasResult && this.uses[inst.id] !== 0) this.move(this.registerOf(inst), 0);
  }

  private selectAtomic(inst: Extract<Inst, { op: 'atomic' }>): void {
    const operands = inst.args.slice(1).map((arg) => this.operand(arg));
    const at = this.address(present(inst.args[0], 'address'), inst.offset);
    const opcode = MODE.ATOMIC | SIZE_OF[inst.size] | CLASS.STX;
    const used = this.uses[inst.id] !== 0;
    const reference = coreReference(inst.core);
    const fields = { opcode, dst: at.base, off: at.off, slot: at.slot?.slot ?? null, reference, place: this.place };
    const modern = this.cpu === 'v3' || this.cpu === 'v4';
    if (!modern && (inst.kind !== 'add' || used)) this.reporter.report('atomic-cpu', inst.place);
    if (inst.kind === 'cmpxchg') {
      this.move(0, present(operands[0], 'expected value'));
      this.emit(machineInsn('atomic', { ...fields, src: present(operands[1], 'new value'), imm: ATOMIC.CMPXCHG }));
      this.move(this.registerOf(inst), 0);
      return;
    }
    const operation = { add: ATOMIC.ADD, and: ATOMIC.AND, or: ATOMIC.OR, xor: ATOMIC.XOR, xchg: ATOMIC.XCHG }[inst.kind];
    const fetch = inst.kind === 'xchg' || used;
    const register = this.fresh();
    this.move(register, present(operands[0], 'operand'));
    this.emit(machineInsn('atomic', { ...fields, src: register, imm: operation | (fetch ? ATOMIC.FETCH : 0) }));
    if (fetch && used) this.move(this.registerOf(inst), register);
  }
}
