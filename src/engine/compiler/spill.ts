// Rewrites code for spilled registers: a load before each use, a store after each definition, through short-lived
// registers. A register with one definition that is a constant or an address is made anew instead.

import { CLASS, MODE, SIZE } from '../isa/opcodes.ts';
import type { Slot } from './ir.ts';
import {
  eachDefinition,
  eachUse,
  FRAME_POINTER,
  isMove,
  type MachineFunction,
  type MachineInsn,
  machineInsn,
  NO_REGISTER,
  type Register,
} from './machine.ts';

/** Spilled registers and their frame slots. */
export type SpillPlan = Map<Register, Slot>;

const LOAD = MODE.MEM | SIZE.DW | CLASS.LDX;
const STORE = MODE.MEM | SIZE.DW | CLASS.STX;

/** Rewrites in place; returns the registers it made, which must not be spilled again. */
export function insertSpills(fn: MachineFunction, plan: SpillPlan): Register[] {
  const made: Register[] = [];
  const remade = remakeable(fn, plan);
  for (const block of fn.blocks) {
    const out: MachineInsn[] = [];
    for (const insn of block.insns) rewrite(fn, insn, plan, remade, out, made);
    block.insns = out;
  }
  return made;
}

/** Registers whose only definition reads no register. */
export function remakeable(fn: MachineFunction, plan: SpillPlan): Map<Register, MachineInsn> {
  const found = new Map<Register, MachineInsn | null>();
  for (const block of fn.blocks) {
    for (const insn of block.insns) {
      eachDefinition(insn, (r) => {
        if (!plan.has(r)) return;
        const simple =
          insn.kind === 'lddw' ||
          insn.kind === 'frame' ||
          (insn.kind === 'alu' && (insn.opcode & 0xf0) === 0xb0 && insn.src === NO_REGISTER);
        found.set(r, found.has(r) || !simple ? null : insn);
      });
    }
  }
  const result = new Map<Register, MachineInsn>();
  for (const [r, insn] of found) if (insn !== null) result.set(r, insn);
  return result;
}

const reload = (dst: Register, slot: Slot, insn: MachineInsn): MachineInsn =>
  machineInsn('load', { opcode: LOAD, dst, src: FRAME_POINTER, slot, place: insn.place });
const save = (src: Register, slot: Slot, insn: MachineInsn): MachineInsn =>
  machineInsn('store', { opcode: STORE, dst: FRAME_POINTER, src, slot, place: insn.place });

function rewrite(
  fn: MachineFunction,
  insn: MachineInsn,
  plan: SpillPlan,
  remade: ReadonlyMap<Register, MachineInsn>,
  out: MachineInsn[],
  made: Register[],
): void {
  const again = (r: Register, dst: Register): MachineInsn => {
    const source = remade.get(r);
    const slot = plan.get(r);
    if (source !== undefined) return { ...source, dst, place: insn.place };
    return slot === undefined ? insn : reload(dst, slot, insn);
  };
  if (isMove(insn)) {
    const from = plan.get(insn.src);
    const to = plan.get(insn.dst);
    if (from !== undefined && to === undefined) {
      out.push(again(insn.src, insn.dst));
      return;
    }
    if (to !== undefined && from === undefined && !remade.has(insn.dst)) {
      out.push(save(insn.src, to, insn));
      return;
    }
    if (from !== undefined && from === to && !remade.has(insn.src)) return;
  }
  const used = new Set<Register>();
  const defined = new Set<Register>();
  eachUse(insn, (r) => {
    if (plan.has(r)) used.add(r);
  });
  eachDefinition(insn, (r) => {
    if (plan.has(r)) defined.add(r);
  });
  if (used.size === 0 && defined.size === 0) {
    out.push(insn);
    return;
  }
  // The one definition of a register that is remade at its uses is not needed at all.
  const only = defined.size === 1 ? [...defined][0] : undefined;
  if (only !== undefined && remade.has(only)) return;
  const fresh = new Map<Register, Register>();
  for (const r of new Set([...used, ...defined])) {
    const register = fn.nextRegister++;
    fresh.set(r, register);
    made.push(register);
  }
  for (const r of used) out.push(again(r, fresh.get(r) ?? r));
  const rename = (r: Register): Register => fresh.get(r) ?? r;
  out.push({
    ...insn,
    dst: rename(insn.dst),
    src: rename(insn.src),
    left: rename(insn.left),
    right: rename(insn.right),
  });
  for (const r of defined) {
    const slot = plan.get(r);
    if (slot !== undefined) out.push(save(fresh.get(r) ?? r, slot, insn));
  }
}
