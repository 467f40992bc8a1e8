// Without optimisation variables live in the frame. Those that only whole loads and stores touch get eight bytes each: the kernel
// follows the bounds of a register through a slot only when all of the register is stored. Level 0 alone; others promote.

import { layOutFrame } from '../frame.ts';
import type { AccessSize, Inst, IrFunction, Slot } from '../ir.ts';
import { resolveOperands } from '../ir.ts';
import { promotableSlots } from './mem2reg.ts';

/** A frame that wider slots would bring near its 512 bytes keeps them narrow. */
const FRAME_LIMIT = 448;

/** Widens every slot it can; nothing else changes. */
export function widenSlots(fn: IrFunction): void {
  const wide = new Map<Slot, Slot>();
  for (const slot of promotableSlots(fn)) if (slot.size < 8) wide.set(slot, { ...slot, size: 8, align: 8 });
  const slots = fn.slots.map((slot) => wide.get(slot) ?? slot);
  if (wide.size === 0 || layOutFrame(slots).size > FRAME_LIMIT) return;
  for (const block of fn.blocks) {
    const out: Inst[] = [];
    for (const inst of block.body) {
      const base = inst.args[0];
      const slot = base?.op === 'slot' ? wide.get(base.slot) : undefined;
      if (slot === undefined || (inst.op !== 'load' && inst.op !== 'store')) out.push(inst);
      else out.push(...(inst.op === 'load' ? wideLoad(fn, inst, slot) : wideStore(fn, inst, slot)));
    }
    for (const inst of out) inst.block = block;
    block.body = out;
  }
  fn.slots.length = 0;
  fn.slots.push(...slots);
  resolveOperands(fn);
}

function wideLoad(fn: IrFunction, load: Extract<Inst, { op: 'load' }>, slot: Slot): Inst[] {
  const { place, size, isSigned } = load;
  const whole = fn.make(
    { op: 'load', offset: 0, size: 8, isSigned: false, isVolatile: false },
    64,
    [fn.slotAddress(slot)],
    place,
  );
  const low = fn.make({ op: 'trunc' }, 32, [whole], place);
  const extended = size === 4 ? null : extend(fn, low, size, isSigned);
  load.forward = extended ?? low;
  return extended === null ? [whole, low] : [whole, low, extended];
}

/** Bytes and halfwords are kept extended to 32 bits by their type; what was stored may have been extended otherwise. */
function extend(fn: IrFunction, low: Inst, size: AccessSize, isSigned: boolean): Inst {
  if (isSigned) return fn.make({ op: 'sext', from: size === 1 ? 8 : 16 }, 32, [low], low.place);
  const mask = fn.constant(size === 1 ? 0xffn : 0xffffn, 32);
  return fn.make({ op: 'binary', kind: 'and' }, 32, [low, mask], low.place);
}

function wideStore(fn: IrFunction, store: Extract<Inst, { op: 'store' }>, slot: Slot): Inst[] {
  const value = store.args[1];
  if (value === undefined) return [store];
  const address = fn.slotAddress(slot);
  const whole = { op: 'store', offset: 0, size: 8, isVolatile: false } as const;
  if (value.op === 'const') return [fn.make(whole, 64, [address, fn.constant(value.value, 64)], store.place)];
  if (value.width === 64) return [fn.make(whole, 64, [address, value], store.place)];
  const extended = fn.make({ op: 'zext' }, 64, [value], store.place);
  return [extended, fn.make(whole, 64, [address, extended], store.place)];
}
