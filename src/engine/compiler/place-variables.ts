// Where variables are, instruction by instruction, once registers are assigned: what `debug` instructions say is followed forwards over the graph
// until nothing holds it any more (a forward data flow over sets of places, met by intersection). Takes the `debug` instructions out.
// Knows nothing of slots of code or of scopes.

import type { Slot, VariablePiece } from './ir.ts';
import { ALLOCATABLE, eachDefinition, isMove, type MachineBlock, type MachineFunction, type MachineInsn } from './machine.ts';

/** A place that no instruction changes. */
export type FixedPlace =
  | { readonly kind: 'unset' }
  | { readonly kind: 'constant'; readonly value: bigint }
  | { readonly kind: 'frame'; readonly slot: Slot; readonly offset: number };

/**
 * State of a piece: 0 nowhere; positive: a set of places, bit r for register r, bit {@link FIRST_SLOT_BIT} + i for spill slot i; below -1:
 * {@link fixedIndex} tells which of `fixed`.
 */
export interface PlacedVariables {
  readonly pieces: readonly VariablePiece[];
  /** By piece: its places hold its address. */
  readonly isPointed: readonly boolean[];
  readonly fixed: readonly FixedPlace[];
  readonly spillSlots: readonly Slot[];
  /** By the first instruction of a block: the state of every piece before it. */
  readonly starts: ReadonlyMap<MachineInsn, Int32Array>;
  /** By instruction: pieces and their states, by turns, that are different from before the one in front of it. */
  readonly changes: ReadonlyMap<MachineInsn, readonly number[]>;
}

export const FIRST_SLOT_BIT = ALLOCATABLE;
const SLOT_BITS = 20;
const UNKNOWN = -1;
export const fixedIndex = (state: number): number => -state - 2;
const stateOfFixed = (index: number): number => -index - 2;
const UNSET = stateOfFixed(0);

/** Follows the variables of a function; afterwards it holds no `debug` instruction. */
export function placeVariables(fn: MachineFunction, spillSlots: readonly Slot[]): PlacedVariables {
  const flow = new VariableFlow(fn, spillSlots);
  flow.run();
  for (const block of fn.blocks) {
    if (block.insns.some((insn) => insn.kind === 'debug')) block.insns = block.insns.filter((insn) => insn.kind !== 'debug');
  }
  const { pieces, isPointed, fixed, starts, changes } = flow;
  return { pieces, isPointed, fixed, spillSlots, starts, changes };
}

interface KeptVariable {
  readonly piece: number;
  readonly state: number;
}

class VariableFlow {
  readonly pieces: VariablePiece[] = [];
  readonly isPointed: boolean[] = [];
  readonly fixed: FixedPlace[] = [{ kind: 'unset' }];
  readonly starts = new Map<MachineInsn, Int32Array>();
  readonly changes = new Map<MachineInsn, number[]>();
  private readonly fn: MachineFunction;
  private readonly numbers = new Map<VariablePiece, number>();
  private readonly fixedNumbers = new Map<string, number>();
  private readonly slotBits = new Map<Slot, number>();
  /** Variables that stay in the frame: piece and state, once something may have been stored there. */
  private readonly kept = new Map<Slot, KeptVariable>();
  private readonly exposed: KeptVariable[] = [];
  /** Places that some piece may be in, so that most instructions need no look at the pieces. */
  private used = 0;
  private state = new Int32Array(0);
  /** Pieces that changed since the last instruction was noted; null while nothing is noted. */
  private changed: Set<number> | null = null;

  constructor(fn: MachineFunction, spillSlots: readonly Slot[]) {
    this.fn = fn;
    spillSlots.slice(0, SLOT_BITS).forEach((slot, i) => {
      this.slotBits.set(slot, 1 << (FIRST_SLOT_BIT + i));
    });
    fn.slots.forEach((slot, i) => {
      if (slot.piece === undefined) return;
      const state = this.fixedState(`f${i}+0`, { kind: 'frame', slot, offset: 0 });
      this.kept.set(slot, { piece: this.pieces.length, state });
      this.add(slot.piece, true);
    });
    this.findExposed();
    for (const block of fn.blocks)
      for (const { held } of block.insns) if (held !== null && !this.numbers.has(held.piece)) this.add(held.piece, held.inMemory);
  }

  private findExposed(): void {
    const slots = new Set<Slot>();
    for (const block of this.fn.blocks)
      for (const insn of block.insns) if (insn.kind === 'frame' && insn.slot !== null) slots.add(insn.slot);
    for (const slot of slots) {
      const kept = this.kept.get(slot);
      if (kept !== undefined) this.exposed.push(kept);
    }
  }

  private add(piece: VariablePiece, isPointed: boolean): void {
    this.numbers.set(piece, this.pieces.length);
    this.pieces.push(piece);
    this.isPointed.push(isPointed);
  }

  run(): void {
    const { blocks } = this.fn;
    if (this.pieces.length === 0) return;
    const successors = successorsOf(blocks);
    const into = blocks.map((_, i) => new Int32Array(this.pieces.length).fill(i === 0 ? UNSET : UNKNOWN));
    const work = [0];
    const queued = new Uint8Array(blocks.length);
    for (let i = work.shift(); i !== undefined; i = work.shift()) {
      queued[i] = 0;
      this.enter(into[i] ?? this.state);
      for (const insn of blocks[i]?.insns ?? []) this.step(insn);
      for (const next of successors[i] ?? []) {
        const target = into[next];
        if (target === undefined || !this.join(target) || queued[next] === 1) continue;
        queued[next] = 1;
        work.push(next);
      }
    }
    blocks.forEach((block, i) => {
      this.note(block, into[i] ?? this.state);
    });
  }

  private enter(state: Int32Array): void {
    this.state = state.slice();
    this.used = 0;
    for (const one of state) if (one > 0) this.used |= one;
  }

  /** On some ways here, a variable in the frame may have no value yet: it is in the frame all the same. */
  private meet(a: number, b: number): number {
    if (a === b || b === UNKNOWN) return a;
    if (a === UNKNOWN) return b;
    if (a > 0 && b > 0) return a & b;
    if (a === UNSET && this.isFrame(b)) return b;
    return b === UNSET && this.isFrame(a) ? a : 0;
  }

  private isFrame(state: number): boolean {
    return state < UNSET && this.fixed[fixedIndex(state)]?.kind === 'frame';
  }

  /** Meets the state at hand into a block's; true when that changed it. */
  private join(target: Int32Array): boolean {
    let changed = false;
    for (let i = 0; i < target.length; i++) {
      const met = this.meet(target[i] ?? 0, this.state[i] ?? 0);
      if (met === target[i]) continue;
      target[i] = met;
      changed = true;
    }
    return changed;
  }

  /** Writes down what is where before each instruction of a block. */
  private note(block: MachineBlock, start: Int32Array): void {
    this.enter(start);
    this.changed = new Set();
    let isFirst = true;
    for (const insn of block.insns) {
      if (insn.kind !== 'debug') {
        if (isFirst) this.starts.set(insn, this.state.slice());
        else if (this.changed.size > 0)
          this.changes.set(
            insn,
            [...this.changed].flatMap((piece) => [piece, this.state[piece] ?? 0]),
          );
        this.changed.clear();
        isFirst = false;
      }
      this.step(insn);
    }
    this.changed = null;
  }

  private set(piece: number, state: number): void {
    if (this.state[piece] === state) return;
    this.state[piece] = state;
    if (state > 0) this.used |= state;
    this.changed?.add(piece);
  }

  private step(insn: MachineInsn): void {
    if (insn.kind === 'debug') {
      const piece = insn.held === null ? undefined : this.numbers.get(insn.held.piece);
      if (piece !== undefined) this.set(piece, this.said(insn));
      return;
    }
    const isStore = insn.kind === 'store' || insn.kind === 'store-imm' || insn.kind === 'atomic';
    const stored = isStore && insn.slot !== null ? this.kept.get(insn.slot) : undefined;
    if (stored !== undefined) this.set(stored.piece, stored.state);
    // Through a pointer, anything that a pointer leads to may get its value.
    if (insn.kind === 'call' || (isStore && insn.slot === null))
      for (const { piece, state } of this.exposed) if (this.state[piece] === UNSET) this.set(piece, state);
    const spill = insn.slot === null ? 0 : (this.slotBits.get(insn.slot) ?? 0);
    if (isMove(insn)) this.copy(1 << insn.dst, 1 << insn.src);
    else if (insn.kind === 'load' && spill !== 0) this.copy(1 << insn.dst, spill);
    else if (insn.kind === 'store' && spill !== 0) this.copy(spill, 1 << insn.src);
    else {
      let lost = 0;
      eachDefinition(insn, (register) => {
        lost |= 1 << register;
      });
      if (lost !== 0) this.copy(lost, 0);
    }
  }

  /** The places `to` now hold what `from` holds; with none, something new. */
  private copy(to: number, from: number): void {
    const { state } = this;
    if ((this.used & (to | from)) === 0) return;
    for (let i = 0; i < state.length; i++) {
      const old = state[i] ?? 0;
      if (old <= 0 || (old & (to | from)) === 0) continue;
      this.set(i, (old & from) === 0 ? old & ~to : old | to);
    }
  }

  private said({ held, src, slot }: MachineInsn): number {
    switch (held?.kind) {
      case 'register':
        return src >= 0 && src < ALLOCATABLE ? 1 << src : 0;
      case 'slot':
        return slot === null ? 0 : (this.slotBits.get(slot) ?? 0);
      case 'constant':
        return this.fixedState(`c${held.value}`, { kind: 'constant', value: held.value });
      case 'frame':
        return slot === null
          ? 0
          : this.fixedState(`f${this.fn.slots.indexOf(slot)}+${held.offset}`, { kind: 'frame', slot, offset: held.offset });
      case 'unset':
        return UNSET;
      default:
        return 0;
    }
  }

  private fixedState(key: string, place: FixedPlace): number {
    let index = this.fixedNumbers.get(key);
    if (index === undefined) {
      index = this.fixed.length;
      this.fixed.push(place);
      this.fixedNumbers.set(key, index);
    }
    return stateOfFixed(index);
  }
}

function successorsOf(blocks: readonly MachineBlock[]): number[][] {
  const indices = new Map(blocks.map((block, i) => [block, i]));
  return blocks.map((block, i) => {
    const found: number[] = [];
    for (const { target } of block.insns) if (target !== null) found.push(indices.get(target) ?? i);
    const last = block.insns.findLast((insn) => insn.kind !== 'debug');
    if (last?.kind !== 'goto' && last?.kind !== 'exit' && i + 1 < blocks.length) found.push(i + 1);
    return found;
  });
}
