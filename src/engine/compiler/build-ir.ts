// Emits intermediate code: the block at hand, arithmetic with trivial folding of constants, memory access, loops over bytes.
// Lowering (lower-*.ts) calls it. Knows nothing of the typed tree.

import { type CorePath, type CoreReference, referenceTo } from './core-paths.ts';
import {
  type AccessSize,
  type BinaryOp,
  type Block,
  constantValue,
  type Inst,
  IrFunction,
  type Predicate,
  type Width,
} from './ir.ts';
import type { Place } from './token.ts';
import type { FunctionSymbol, LocalVariable } from './tree.ts';

/** An address as base and constant distance. */
export interface Address {
  readonly base: Inst;
  readonly offset: number;
  /** Known alignment of base + offset, in bytes. */
  readonly align: number;
  /** Present when a loader fits the offset to its kernel: where in the structure at `base` it leads. */
  readonly core?: CorePath;
}

const COPY_UNROLL_LIMIT = 256;

export class IrBuilder {
  readonly fn: IrFunction;
  block: Block;
  place: Place | null = null;
  /** Path of scopes of the code at hand, for slots. */
  scope: number[] = [];

  constructor(symbol: FunctionSymbol, resultWidth: Width | null) {
    this.fn = new IrFunction(symbol, resultWidth);
    this.block = this.fn.makeBlock('entry');
    this.fn.blocks.push(this.block);
  }

  /** Starts a block: code goes there from now on. */
  start(block: Block): void {
    this.fn.blocks.push(block);
    this.block = block;
  }

  add(inst: Inst): Inst {
    inst.block = this.block;
    (inst.op === 'phi' ? this.block.phis : this.block.body).push(inst);
    return inst;
  }

  constant(value: bigint | number, width: Width): Inst {
    return this.fn.constant(BigInt(value), width);
  }

  binary(kind: BinaryOp, left: Inst, right: Inst): Inst {
    const b = constantValue(right);
    if (b === 0n && (kind === 'add' || kind === 'sub' || kind === 'or' || kind === 'xor' || kind === 'shl' || kind === 'lshr'))
      return left;
    if (b === 1n && (kind === 'mul' || kind === 'udiv')) return left;
    return this.add(this.fn.make({ op: 'binary', kind }, left.width, [left, right], this.place));
  }

  compare(predicate: Predicate, left: Inst, right: Inst): Inst {
    return this.add(this.fn.make({ op: 'compare', predicate }, 32, [left, right], this.place));
  }

  select(condition: Inst, yes: Inst, no: Inst): Inst {
    return this.add(this.fn.make({ op: 'select' }, yes.width, [condition, yes, no], this.place));
  }

  /** Zero-extends to 64 bits, truncates to 32, or does nothing. */
  resize(value: Inst, width: Width, isSigned: boolean): Inst {
    if (value.width === width) return value;
    const constant = constantValue(value);
    if (constant !== null) return this.constant(isSigned ? BigInt.asIntN(value.width, constant) : constant, width);
    if (width === 32) return this.add(this.fn.make({ op: 'trunc' }, 32, [value], this.place));
    if (isSigned) return this.add(this.fn.make({ op: 'sext', from: 32 }, 64, [value], this.place));
    return this.add(this.fn.make({ op: 'zext' }, 64, [value], this.place));
  }

  /** Sign-extends the low bits inside the value's width. */
  signExtend(value: Inst, from: 8 | 16): Inst {
    const constant = constantValue(value);
    if (constant !== null) return this.constant(BigInt.asIntN(from, constant), value.width);
    return this.add(this.fn.make({ op: 'sext', from }, value.width, [value], this.place));
  }

  bswap(value: Inst, bits: 16 | 32 | 64): Inst {
    return this.add(this.fn.make({ op: 'bswap', bits }, value.width, [value], this.place));
  }

  load(at: Address, size: AccessSize, isSigned: boolean, isVolatile: boolean): Inst {
    const width: Width = size === 8 ? 64 : 32;
    const { base, offset, core } = this.target(at);
    return this.add(this.fn.make({ op: 'load', offset, size, isSigned, isVolatile, core }, width, [base], this.place));
  }

  /** Where an access at the address goes: a field that is recorded whole, or bytes behind a pointer to it. */
  private target(at: Address): { base: Inst; offset: number; core: CoreReference | undefined } {
    const { base, offset, core } = at;
    if (core === undefined) return { base, offset, core };
    const reference = referenceTo(core);
    if (reference !== null) return { base, offset, core: reference };
    return { base: this.fieldPointer(base, offset, core), offset: core.extra, core: undefined };
  }

  /** Address of the field at the end of the path, without the extra bytes. */
  private fieldPointer(base: Inst, offset: number, core: CorePath): Inst {
    const reference = referenceTo({ ...core, extra: 0 });
    const value = BigInt(offset - core.extra);
    if (reference === null) return this.binary('add', base, this.constant(value, 64));
    return this.binary('add', base, this.coreValue(reference, value, 64));
  }

  /** A number that a loader fits to its kernel. */
  coreValue(core: CoreReference, value: bigint, width: Width): Inst {
    return this.add(this.fn.make({ op: 'core-value', core, value: BigInt.asUintN(width, value) }, width, [], this.place));
  }

  store(at: Address, value: Inst, size: AccessSize, isVolatile: boolean): void {
    const { base, offset, core } = this.target(at);
    this.add(this.fn.make({ op: 'store', offset, size, isVolatile, core }, value.width, [base, value], this.place));
  }

  slot(name: string, size: number, align: number, variable: LocalVariable | null): Inst {
    const slot = { name, size, align: size >= 8 ? Math.max(8, align) : align, variable, scope: [...this.scope] };
    const piece = variable === null ? null : { instance: { variable, site: null }, offset: 0, size };
    return this.fn.addSlot(piece === null || !this.fn.isTracked ? slot : { ...slot, piece });
  }

  /** base + offset as one value. */
  pointer(at: Address): Inst {
    if (at.core !== undefined) {
      const whole = referenceTo(at.core);
      if (whole !== null) return this.binary('add', at.base, this.coreValue(whole, BigInt(at.offset), 64));
      const field = this.fieldPointer(at.base, at.offset, at.core);
      return this.binary('add', field, this.constant(at.core.extra, 64));
    }
    if (at.offset === 0) return at.base;
    if (at.base.op === 'global') return this.fn.globalAddress(at.base.variable, at.base.offset + at.offset);
    return this.binary('add', at.base, this.constant(at.offset, 64));
  }

  jump(target: Block): void {
    this.block.end = { kind: 'jump', target, place: this.place };
  }

  branch(condition: Inst, yes: Block, no: Block): void {
    this.block.end = { kind: 'branch', condition, yes, no, place: this.place };
  }

  phi(width: Width, incoming: Block[], args: Inst[]): Inst {
    return this.add(this.fn.make({ op: 'phi', incoming, variable: null, bound: null }, width, args, this.place));
  }

  /** for (i = 0; i != count; i += step) body(i), with `count` > 0 known to be a multiple of step. Returns the block after. */
  countedLoop(count: Inst, step: number, body: (index: Inst) => void): void {
    const before = this.block;
    const inside = this.fn.makeBlock('copy');
    const after = this.fn.makeBlock('copied');
    this.jump(inside);
    this.start(inside);
    const index = this.phi(64, [before], [this.constant(0, 64)]);
    body(index);
    const next = this.binary('add', index, this.constant(step, 64));
    if (index.op === 'phi') {
      index.incoming.push(this.block);
      index.args.push(next);
    }
    this.branch(this.compare('ult', next, count), inside, after);
    this.start(after);
  }

  /** Skips `body` when `count` is zero. */
  unlessZero(count: Inst, body: () => void): void {
    if (constantValue(count) !== null) {
      if (constantValue(count) !== 0n) body();
      return;
    }
    const some = this.fn.makeBlock('some');
    const done = this.fn.makeBlock('done');
    this.branch(this.compare('ne', count, this.constant(0, 64)), some, done);
    this.start(some);
    body();
    this.jump(done);
    this.start(done);
  }

  private chunks(size: number, align: number, visit: (at: number, width: AccessSize) => void): void {
    let at = 0;
    while (at < size) {
      let width: AccessSize = 8;
      while (width > 1 && (width > align || at % width !== 0 || at + width > size)) width = halved(width);
      visit(at, width);
      at += width;
    }
  }

  /** Copies `size` bytes; the objects are equal or apart. All loads of a group come before its stores. */
  copy(to: Address, from: Address, size: number, isVolatile = false): void {
    const align = Math.min(to.align, from.align);
    const unit = unitOf(align);
    if (size > COPY_UNROLL_LIMIT) {
      const whole = size - (size % unit);
      const source = this.pointer(from);
      const target = this.pointer(to);
      this.countedLoop(this.constant(whole, 64), unit, (index) => {
        const value = this.load({ base: this.binary('add', source, index), offset: 0, align }, unit, false, isVolatile);
        this.store({ base: this.binary('add', target, index), offset: 0, align }, value, unit, isVolatile);
      });
      if (whole < size) this.copy(moved(to, whole), moved(from, whole), size - whole, isVolatile);
      return;
    }
    this.chunks(size, align, (at, width) => {
      this.store(moved(to, at), this.load(moved(from, at), width, false, isVolatile), width, isVolatile);
    });
  }

  /** Fills `size` bytes with a byte (0 to 255). */
  fill(to: Address, byte: number, size: number): void {
    const unit = unitOf(to.align);
    const pattern = (width: number): bigint => {
      let value = 0n;
      for (let i = 0; i < width; i++) value = (value << 8n) | BigInt(byte);
      return value;
    };
    const constant = (width: AccessSize): Inst => this.constant(pattern(width), width === 8 ? 64 : 32);
    if (size > COPY_UNROLL_LIMIT) {
      const whole = size - (size % unit);
      const target = this.pointer(to);
      this.countedLoop(this.constant(whole, 64), unit, (index) => {
        this.store({ base: this.binary('add', target, index), offset: 0, align: unit }, constant(unit), unit, false);
      });
      if (whole < size) this.fill(moved(to, whole), byte, size - whole);
      return;
    }
    this.chunks(size, to.align, (at, width) => this.store(moved(to, at), constant(width), width, false));
  }
}

const halved = (width: AccessSize): AccessSize => (width === 8 ? 4 : width === 4 ? 2 : 1);
const unitOf = (align: number): AccessSize => (align >= 8 ? 8 : align >= 4 ? 4 : align >= 2 ? 2 : 1);

/** The address `by` bytes further. */
export function moved(at: Address, by: number): Address {
  let align = at.align;
  while (align > 1 && by % align !== 0) align /= 2;
  const core = at.core === undefined ? {} : { core: { ...at.core, extra: at.core.extra + by } };
  return { base: at.base, offset: at.offset + by, align, ...core };
}
