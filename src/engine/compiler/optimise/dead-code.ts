// Removes instructions that nothing with an effect needs, directly or indirectly (phi cycles included), and stores to frame
// slots that are never read.

import { hasEffect, type Inst, type IrFunction, type Slot } from '../ir.ts';
import { exposedSlots } from './simplify-values.ts';

/** Returns true when something was removed. */
export function removeDeadCode(fn: IrFunction): boolean {
  const live = new Set<Inst>();
  const work: Inst[] = [];
  const need = (inst: Inst): void => {
    if (live.has(inst)) return;
    live.add(inst);
    work.push(inst);
  };
  const read = readSlots(fn);
  const isDeadStore = (inst: Inst): boolean => {
    const base = inst.args[0];
    return inst.op === 'store' && !inst.isVolatile && base?.op === 'slot' && !read.has(base.slot);
  };
  for (const block of fn.blocks) {
    for (const inst of block.body) if (hasEffect(inst) && !isDeadStore(inst)) need(inst);
    const { end } = block;
    if (end.kind === 'branch') need(end.condition);
    else if (end.kind === 'return' && end.value !== null) need(end.value);
  }
  for (let inst = work.pop(); inst !== undefined; inst = work.pop()) for (const arg of inst.args) need(arg);
  let changed = false;
  for (const block of fn.blocks) {
    const before = block.phis.length + block.body.length;
    block.phis = block.phis.filter((inst) => live.has(inst));
    block.body = block.body.filter((inst) => live.has(inst));
    changed ||= block.phis.length + block.body.length !== before;
  }
  dropUnusedSlots(fn, live);
  return changed;
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

function dropUnusedSlots(fn: IrFunction, live: ReadonlySet<Inst>): void {
  const kept = fn.slots.filter((slot) => live.has(fn.slotAddress(slot)));
  fn.slots.length = 0;
  fn.slots.push(...kept);
}
