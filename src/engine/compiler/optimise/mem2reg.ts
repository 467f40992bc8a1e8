// Frame slots to values: a slot that is only loaded and stored whole, never volatile and never escaping, becomes SSA values
// with phis at dominance frontiers (Cytron et al., 1991). Knows nothing of C.

import {
  type AccessSize,
  type Block,
  computePredecessors,
  type Inst,
  type IrFunction,
  type LoadInst,
  replaceBy,
  resolve,
  resolveOperands,
  type Slot,
  successors,
} from '../ir.ts';
import { debugValue } from './debug-values.ts';
import { computeDominators, type Dominators, dominanceFrontiers } from './dominators.ts';

interface Candidate {
  readonly slot: Slot;
  readonly size: AccessSize;
  readonly stores: Block[];
  /** False when some store's value may not be extended the way a narrow load extends it. */
  signedReady: boolean;
  unsignedReady: boolean;
}

/** Promotes every slot that qualifies; returns how many. */
export function promoteSlots(fn: IrFunction): number {
  const candidates = findCandidates(fn);
  if (candidates.size === 0) return 0;
  computePredecessors(fn);
  const doms = computeDominators(fn);
  const phis = placePhis(fn, candidates, doms);
  rename(fn, candidates, phis, doms);
  resolveOperands(fn);
  for (const block of fn.blocks) block.body = block.body.filter((inst) => !isDead(inst, candidates));
  const kept = fn.slots.filter((slot) => !candidates.has(slot));
  fn.slots.length = 0;
  fn.slots.push(...kept);
  return candidates.size;
}

const slotOf = (inst: Inst | undefined): Slot | null => (inst?.op === 'slot' ? inst.slot : null);

function isDead(inst: Inst, candidates: ReadonlyMap<Slot, Candidate>): boolean {
  if (inst.op !== 'load' && inst.op !== 'store') return false;
  const slot = slotOf(inst.args[0]);
  return slot !== null && candidates.has(slot);
}

/** Slots of one scalar whose address goes nowhere. */
export const promotableSlots = (fn: IrFunction): Slot[] => [...findCandidates(fn).keys()];

function findCandidates(fn: IrFunction): Map<Slot, Candidate> {
  const found = new Map<Slot, Candidate | null>();
  const spoil = (inst: Inst | undefined): void => {
    const slot = slotOf(inst);
    if (slot !== null) found.set(slot, null);
  };
  for (const block of fn.blocks) {
    for (const phi of block.phis) for (const arg of phi.args) spoil(arg);
    for (const inst of block.body) {
      if (inst.op !== 'load' && inst.op !== 'store') {
        for (const arg of inst.args) spoil(arg);
        continue;
      }
      if (inst.op === 'store') spoil(inst.args[1]);
      noteAccess(found, inst, block);
    }
    if (block.end.kind === 'branch') spoil(block.end.condition);
    if (block.end.kind === 'return' && block.end.value !== null) spoil(block.end.value);
  }
  const result = new Map<Slot, Candidate>();
  for (const [slot, candidate] of found) if (candidate !== null) result.set(slot, candidate);
  return result;
}

function noteAccess(found: Map<Slot, Candidate | null>, inst: Extract<Inst, { op: 'load' | 'store' }>, block: Block): void {
  const slot = slotOf(inst.args[0]);
  if (slot === null) return;
  const known = found.get(slot);
  if (known === null) return;
  const whole = inst.offset === 0 && inst.size === slot.size && !inst.isVolatile;
  if (!whole || (known !== undefined && known.size !== inst.size)) {
    found.set(slot, null);
    return;
  }
  const candidate = known ?? { slot, size: inst.size, stores: [], signedReady: true, unsignedReady: true };
  found.set(slot, candidate);
  const value = inst.args[1];
  if (inst.op !== 'store' || value === undefined) return;
  candidate.stores.push(block);
  if (inst.size >= 4) return;
  candidate.signedReady &&= isExtended(value, inst.size, true);
  candidate.unsignedReady &&= isExtended(value, inst.size, false);
}

/** True when a 32-bit value is plainly the extension of its low `size` bytes. */
function isExtended(value: Inst, size: number, isSigned: boolean): boolean {
  const bits = size * 8;
  switch (value.op) {
    case 'const': {
      const low = isSigned ? BigInt.asIntN(bits, value.value) : BigInt.asUintN(bits, value.value);
      return BigInt.asUintN(value.width, low) === value.value;
    }
    case 'load':
      return value.size < size ? !value.isSigned || isSigned : value.size === size && value.isSigned === isSigned;
    case 'sext':
      return isSigned && value.from <= bits;
    case 'compare':
      return true;
    case 'binary': {
      const mask = value.args[1];
      return value.kind === 'and' && mask?.op === 'const' && mask.value < 1n << BigInt(isSigned ? bits - 1 : bits);
    }
    default:
      return false;
  }
}

/** What a load of a promoted slot reads. */
function readValue(fn: IrFunction, load: LoadInst, candidate: Candidate, value: Inst): Inst {
  if (load.size >= 4 || value.op === 'undef' || (load.isSigned ? candidate.signedReady : candidate.unsignedReady)) return value;
  const made = load.isSigned
    ? fn.make({ op: 'sext', from: load.size === 1 ? 8 : 16 }, 32, [value], load.place)
    : fn.make({ op: 'binary', kind: 'and' }, 32, [value, fn.constant(load.size === 1 ? 0xffn : 0xffffn, 32)], load.place);
  made.block = load.block;
  return made;
}

function placePhis(fn: IrFunction, candidates: ReadonlyMap<Slot, Candidate>, doms: Dominators): Map<Inst, Slot> {
  const frontiers = dominanceFrontiers(doms);
  const live = liveIn(fn, candidates);
  const phis = new Map<Inst, Slot>();
  for (const { slot, size, stores } of candidates.values()) {
    const work = [...new Set(stores)];
    const placed = new Set<Block>();
    for (let block = work.pop(); block !== undefined; block = work.pop()) {
      for (const next of frontiers[block.order] ?? []) {
        if (placed.has(next) || !live.get(next)?.has(slot)) continue;
        placed.add(next);
        const phi = fn.make({ op: 'phi', incoming: [], variable: slot.variable, bound: null }, size === 8 ? 64 : 32, [], null);
        phi.block = next;
        next.phis.push(phi);
        phis.set(phi, slot);
        work.push(next);
      }
    }
  }
  return phis;
}

/** Slots that are read before they are written, block by block: phis elsewhere would be dead. */
function liveIn(fn: IrFunction, candidates: ReadonlyMap<Slot, Candidate>): Map<Block, Set<Slot>> {
  const live = new Map<Block, Set<Slot>>();
  const writes = new Map<Block, Set<Slot>>();
  const work: { block: Block; slot: Slot }[] = [];
  for (const block of fn.blocks) {
    const reads = new Set<Slot>();
    const written = new Set<Slot>();
    for (const inst of block.body) {
      if (inst.op !== 'load' && inst.op !== 'store') continue;
      const slot = slotOf(inst.args[0]);
      if (slot === null || !candidates.has(slot)) continue;
      if (inst.op === 'store') written.add(slot);
      else if (!written.has(slot)) reads.add(slot);
    }
    live.set(block, reads);
    writes.set(block, written);
    for (const slot of reads) work.push({ block, slot });
  }
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    for (const pred of item.block.preds) {
      const set = live.get(pred);
      if (set === undefined || set.has(item.slot) || writes.get(pred)?.has(item.slot)) continue;
      set.add(item.slot);
      work.push({ block: pred, slot: item.slot });
    }
  }
  return live;
}

function rename(fn: IrFunction, candidates: ReadonlyMap<Slot, Candidate>, phis: ReadonlyMap<Inst, Slot>, doms: Dominators): void {
  const entry = doms.order[0];
  if (entry === undefined) return;
  const values = new Map<Slot, Inst>();
  // An explicit stack: dominator trees of long functions are deep.
  const work: ({ kind: 'enter'; block: Block } | { kind: 'leave'; undo: [Slot, Inst | undefined][] })[] = [
    { kind: 'enter', block: entry },
  ];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    if (item.kind === 'leave') {
      for (const [slot, old] of item.undo.reverse()) {
        if (old === undefined) values.delete(slot);
        else values.set(slot, old);
      }
      continue;
    }
    const { block } = item;
    const undo: [Slot, Inst | undefined][] = [];
    const set = (slot: Slot, value: Inst): void => {
      undo.push([slot, values.get(slot)]);
      values.set(slot, value);
    };
    renameBlock(fn, block, candidates, phis, values, set);
    work.push({ kind: 'leave', undo });
    for (const child of doms.children[block.order] ?? []) work.push({ kind: 'enter', block: child });
  }
}

function renameBlock(
  fn: IrFunction,
  block: Block,
  candidates: ReadonlyMap<Slot, Candidate>,
  phis: ReadonlyMap<Inst, Slot>,
  values: ReadonlyMap<Slot, Inst>,
  set: (slot: Slot, value: Inst) => void,
): void {
  const joined: Inst[] = [];
  for (const phi of block.phis) {
    const slot = phis.get(phi);
    if (slot === undefined) continue;
    set(slot, phi);
    if (slot.piece !== undefined) joined.push(debugValue(slot.piece, phi, null));
  }
  const inserted = new Map<Inst, Inst>();
  for (const inst of block.body) {
    if (inst.op !== 'load' && inst.op !== 'store') continue;
    const slot = slotOf(inst.args[0]);
    if (slot === null || !candidates.has(slot)) continue;
    const candidate = candidates.get(slot);
    if (inst.op === 'load' && candidate !== undefined) {
      const value = values.get(slot) ?? fn.undef(inst.width);
      const read = readValue(fn, inst, candidate, value);
      if (read !== value) inserted.set(inst, read);
      replaceBy(inst, read);
    } else {
      const value = inst.args[1];
      if (value === undefined) continue;
      set(slot, resolve(value));
      if (slot.piece !== undefined) inserted.set(inst, debugValue(slot.piece, resolve(value), inst.place));
    }
  }
  if (inserted.size > 0)
    block.body = block.body.flatMap((inst) => [inst, ...(inserted.has(inst) ? [inserted.get(inst) ?? inst] : [])]);
  if (joined.length > 0) block.body.unshift(...joined);
  for (const next of successors(block)) {
    for (const phi of next.phis) {
      const slot = phis.get(phi);
      if (slot === undefined || phi.op !== 'phi') continue;
      phi.incoming.push(block);
      phi.args.push(values.get(slot) ?? fn.undef(phi.width));
    }
  }
}
