// Removes instructions that nothing with an effect needs, directly or indirectly (phi cycles included), and stores to frame
// slots that are never read.

import { hasEffect, type Inst, type IrFunction, type Slot } from '../ir.ts';
import { replaceDeadStores } from './debug-values.ts';
import { exposedSlots } from './simplify-values.ts';

/** Returns true when something was removed. */
export function removeDeadCode(fn: IrFunction): boolean {
  // By id: what is needed.
  const live = new Uint8Array(fn.instCount);
  const work: Inst[] = [];
  const need = (inst: Inst): void => {
    if (live[inst.id] === 1) return;
    live[inst.id] = 1;
    work.push(inst);
  };
  const read = readSlots(fn);
  for (const block of fn.blocks) {
    for (const inst of block.body) if (hasEffect(inst) && !isDeadStore(inst, read)) need(inst);
    const { end } = block;
    if (end.kind === 'branch') need(end.condition);
    else if (end.kind === 'return' && end.value !== null) need(end.value);
  }
  for (let inst = work.pop(); inst !== undefined; inst = work.pop()) for (const arg of inst.args) need(arg);
  let changed = false;
  if (fn.isTracked && fn.slots.length > 0) {
    const dead = deadStores(fn, read);
    // The stores count as a change, whatever stands in their place.
    changed = dead.count > 0;
    replaceDeadStores(fn, dead.bySlot);
  }
  const isLive = (inst: Inst): boolean => inst.op === 'debug' || live[inst.id] === 1;
  const isDead = (inst: Inst): boolean => !isLive(inst);
  for (const block of fn.blocks) {
    for (const part of ['phis', 'body'] as const) {
      if (!block[part].some(isDead)) continue;
      block[part] = block[part].filter(isLive);
      changed = true;
    }
  }
  dropUnusedSlots(fn, live);
  return changed;
}

type StoreInst = Extract<Inst, { op: 'store' }>;

function isDeadStore(inst: Inst, read: ReadonlySet<Slot>): boolean {
  const base = inst.args[0];
  return inst.op === 'store' && !inst.isVolatile && base?.op === 'slot' && !read.has(base.slot);
}

function deadStores(fn: IrFunction, read: ReadonlySet<Slot>): { bySlot: Map<Slot, StoreInst[]>; count: number } {
  const bySlot = new Map<Slot, StoreInst[]>();
  let count = 0;
  for (const block of fn.blocks) {
    for (const inst of block.body) {
      const base = inst.args[0];
      if (inst.op !== 'store' || base?.op !== 'slot' || !isDeadStore(inst, read)) continue;
      count++;
      const list = bySlot.get(base.slot);
      if (list === undefined) bySlot.set(base.slot, [inst]);
      else list.push(inst);
    }
  }
  return { bySlot, count };
}

function readSlots(fn: IrFunction): Set<Slot> {
  const read = exposedSlots(fn);
  for (const block of fn.blocks) {
    for (const inst of block.body) {
      const base = inst.args[0];
      if ((inst.op === 'load' || inst.op === 'atomic') && base?.op === 'slot') read.add(base.slot);
    }
  }
  return read;
}

function dropUnusedSlots(fn: IrFunction, live: Uint8Array): void {
  if (fn.slots.length === 0) return;
  const kept = fn.slots.filter((slot) => live[fn.slotAddress(slot).id] === 1);
  fn.slots.length = 0;
  fn.slots.push(...kept);
}
