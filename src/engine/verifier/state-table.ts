// What was known before each instruction, kept for the page: raw registers while walking, text only when asked for. Knows
// nothing of how states come about.

import { KIND, type Reg, regText } from './register.ts';
import { type Slot, slotLetters } from './state.ts';
import { describeStack } from './transfer-stack.ts';
import type { Walk } from './walk.ts';

/** What is known before an instruction, on one visit. */
export interface AbstractState {
  /** 0 for the entry function's frame, 1 for what it calls, and so on. */
  readonly frame: number;
  /** Text of R0 to R10 as the kernel prints registers; empty for a register nobody has written. */
  readonly registers: readonly string[];
  /** Stack slots in use, `fp-8=…`. */
  readonly stack: readonly string[];
}

interface Kept {
  readonly frame: number;
  readonly regs: readonly Reg[];
  readonly stack: readonly { readonly offset: number; readonly slot: Slot }[];
}

/** Visits of one instruction that are kept, and of all together. */
const VISITS = 3;
const LIMIT = 30_000;

function slotText(offset: number, slot: Slot): string {
  const letters = slotLetters(slot);
  return `fp${offset}=${slot.reg !== null && letters === 'rrrrrrrr' ? regText(slot.reg) : letters}`;
}

export class StateTable {
  private readonly kept = new Map<number, Kept[]>();
  private count = 0;

  /** Keeps what is known before the instruction the walk stands at. */
  keep(walk: Walk): void {
    if (this.count >= LIMIT) return;
    const visits = this.kept.get(walk.insn);
    if (visits !== undefined && visits.length >= VISITS) return;
    const frame = walk.frame();
    const visit = { frame: frame.number, regs: frame.regs.slice(), stack: describeStack(frame) };
    this.count++;
    if (visits === undefined) this.kept.set(walk.insn, [visit]);
    else visits.push(visit);
  }

  /** Slots that were reached, in order. */
  slots(): number[] {
    return [...this.kept.keys()].sort((a, b) => a - b);
  }

  /** The states before an instruction; empty when it was never reached. */
  at(slot: number): readonly AbstractState[] {
    return (this.kept.get(slot) ?? []).map(({ frame, regs, stack }) => ({
      frame,
      registers: regs.map((reg) => (reg.kind === KIND.NONE ? '' : regText(reg))),
      stack: stack.map((entry) => slotText(entry.offset, entry.slot)),
    }));
  }
}
