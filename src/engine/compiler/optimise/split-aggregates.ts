// Frame objects to their parts: a struct or array that is only read and written at constant places becomes one slot for each
// part that is never accessed across its border, so that mem2reg can take it.

import type { Inst, IrFunction, Slot, VariablePiece } from '../ir.ts';
import { splitDebug } from './debug-values.ts';

type Access = Extract<Inst, { op: 'load' | 'store' }>;

/** Returns true when a slot was split. Needs folded addresses. */
export function splitAggregates(fn: IrFunction): boolean {
  const accesses = new Map<Slot, Access[] | null>();
  const spoil = (inst: Inst | undefined | null): void => {
    if (inst?.op === 'slot') accesses.set(inst.slot, null);
  };
  for (const block of fn.blocks) {
    for (const phi of block.phis) phi.args.forEach(spoil);
    for (const inst of block.body) {
      if (inst.op !== 'load' && inst.op !== 'store') {
        inst.args.forEach(spoil);
        continue;
      }
      if (inst.op === 'store') spoil(inst.args[1]);
      const base = inst.args[0];
      if (base?.op !== 'slot') continue;
      const list = accesses.get(base.slot);
      if (list === undefined) accesses.set(base.slot, [inst]);
      else list?.push(inst);
    }
    if (block.end.kind === 'return') spoil(block.end.value);
    if (block.end.kind === 'branch') spoil(block.end.condition);
  }
  let changed = false;
  for (const [slot, list] of accesses) if (list !== null && split(fn, slot, list)) changed = true;
  return changed;
}

function split(fn: IrFunction, slot: Slot, list: readonly Access[]): boolean {
  if (list.some((inst) => inst.offset < 0 || inst.offset + inst.size > slot.size)) return false;
  const sorted = [...list].sort((a, b) => a.offset - b.offset);
  const parts: { from: number; to: number; accesses: Access[] }[] = [];
  for (const inst of sorted) {
    const last = parts.at(-1);
    if (last !== undefined && inst.offset < last.to) {
      last.to = Math.max(last.to, inst.offset + inst.size);
      last.accesses.push(inst);
    } else parts.push({ from: inst.offset, to: inst.offset + inst.size, accesses: [inst] });
  }
  const only = parts[0];
  if (only === undefined || (parts.length === 1 && only.from === 0 && only.to === slot.size)) return false;
  const made: VariablePiece[] = [];
  for (const { from, to, accesses } of parts) {
    const size = to - from;
    const align = from % 8 === 0 && slot.align >= 8 && size >= 8 ? 8 : alignAt(from, slot.align);
    const part = { name: `${slot.name}.${from}`, size, align, variable: null, scope: slot.scope };
    const { piece } = slot;
    const own = piece === undefined ? undefined : { ...piece, offset: piece.offset + from, size };
    if (own !== undefined) made.push(own);
    const base = fn.addSlot(own === undefined ? part : { ...part, piece: own });
    for (const inst of accesses) {
      inst.args[0] = base;
      inst.offset -= from;
    }
  }
  fn.slots.splice(fn.slots.indexOf(slot), 1);
  if (slot.piece !== undefined) splitDebug(fn, slot.piece, made);
  return true;
}

function alignAt(offset: number, align: number): number {
  let result = align;
  while (result > 1 && offset % result !== 0) result /= 2;
  return result;
}
