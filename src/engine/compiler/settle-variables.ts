// Before registers are renamed or spilled: what the debugger was told of registers (`debug` instructions) is checked against what the new place
// really holds there. Such an instruction is no use, so the register may be gone by then. Knows nothing of variables.

import type { Slot } from './ir.ts';
import {
  eachDefinition,
  isMove,
  type MachineBlock,
  type MachineFunction,
  type MachineInsn,
  NO_REGISTER,
  type Register,
} from './machine.ts';
import { remakeable, type SpillPlan } from './spill.ts';

/** Where a register goes: a machine register, a spill slot, or (null, -1) nowhere that matters now. */
type PlaceOf = (register: Register) => Register | Slot | null;

/**
 * Settles the `debug` instructions whose register goes to a place: those for which another value is there by then are marked `nowhere`. With
 * a plan of spills they are rewritten to name the slot, or the constant that is made anew. `liveIn`: bit sets of registers, one a block.
 */
export function settleVariables(
  fn: MachineFunction,
  liveIn: readonly Uint32Array[],
  placeOf: PlaceOf,
  plan: SpillPlan | null,
): void {
  let remade: ReadonlyMap<Register, MachineInsn> | null = null;
  fn.blocks.forEach((block, index) => {
    const last = block.insns.findLastIndex((insn) => insn.kind === 'debug' && isPlace(placeOf, insn.src));
    if (last < 0) return;
    remade ??= plan === null ? new Map() : remakeable(fn, plan);
    settleBlock(block, last, index === 0, liveIn[index], placeOf, plan, remade);
  });
}

function isPlace(placeOf: PlaceOf, register: Register): boolean {
  if (register === NO_REGISTER) return false;
  const place = placeOf(register);
  return place !== null && place !== -1;
}

function settleBlock(
  block: MachineBlock,
  /** Index of the last instruction concerned. */
  last: number,
  isEntry: boolean,
  live: Uint32Array | undefined,
  placeOf: PlaceOf,
  plan: SpillPlan | null,
  remade: ReadonlyMap<Register, MachineInsn>,
): void {
  /** Registers whose value each place holds. */
  const held = new Map<Register | Slot | null, Set<Register>>();
  const hold = (register: Register): void => {
    const place = placeOf(register);
    const known = held.get(place);
    if (known === undefined) held.set(place, new Set([register]));
    else known.add(register);
  };
  live?.forEach((word, w) => {
    for (let rest = word; rest !== 0; rest &= rest - 1) hold(w * 32 + (31 - Math.clz32(rest & -rest)));
  });
  // Arguments arrive in registers, used or not.
  if (isEntry) for (let r = 1; r <= 5; r++) hold(r);
  const define = (register: Register): void => {
    held.set(placeOf(register), new Set([register]));
  };
  const settle = (insn: MachineInsn): MachineInsn => {
    if (!isPlace(placeOf, insn.src) || insn.held === null) return insn;
    const constant = remade.get(insn.src);
    if (constant !== undefined) return asRemade(insn, constant);
    const place = placeOf(insn.src);
    if (held.get(place)?.has(insn.src) !== true) return nowhere(insn);
    if (plan === null || typeof place === 'number') return insn;
    return { ...insn, src: NO_REGISTER, slot: place, held: { ...insn.held, kind: 'slot' } };
  };
  for (let at = 0; at <= last; at++) {
    const insn = block.insns[at];
    if (insn === undefined) continue;
    if (insn.kind === 'debug') block.insns[at] = settle(insn);
    else if (isMove(insn) && placeOf(insn.dst) === placeOf(insn.src)) hold(insn.dst);
    else eachDefinition(insn, define);
  }
}

const nowhere = (insn: MachineInsn): MachineInsn =>
  insn.held === null ? insn : { ...insn, src: NO_REGISTER, slot: null, held: { ...insn.held, kind: 'nowhere' } };

/** A value that is made anew at each use is known without a place. */
function asRemade(insn: MachineInsn, source: MachineInsn): MachineInsn {
  const { held } = insn;
  if (held === null || source.reference !== null) return nowhere(insn);
  if (source.kind === 'frame')
    return { ...insn, src: NO_REGISTER, slot: source.slot, held: { ...held, kind: 'frame', offset: source.off } };
  const low = BigInt.asIntN(64, BigInt(source.imm));
  const value = source.kind === 'lddw' ? BigInt.asUintN(32, low) | (BigInt(source.high) << 32n) : low;
  return { ...insn, src: NO_REGISTER, held: { ...held, kind: 'constant', value } };
}
