// After register allocation: copies to a register that holds the value already, and reloads of a spilled value that a register still holds,
// fall away. Numbers values inside a block (Cocke and Schwartz, 1970). Knows nothing of what the values are.

import type { Slot } from './ir.ts';
import { eachDefinition, FRAME_POINTER, isMove, type MachineFunction, type MachineInsn } from './machine.ts';

/** Removes them in place. `spillSlots` are frame slots that nothing but reloads and saves reads and writes. */
export function dropRedundantMoves(fn: MachineFunction, spillSlots: readonly Slot[]): void {
  const spills = new Set(spillSlots);
  for (const block of fn.blocks) {
    const values = new Numbering(spills);
    block.insns = block.insns.filter((insn) => !values.isRedundant(insn));
  }
}

/** Which value each register and each spill slot holds, as a number. */
class Numbering {
  private readonly spills: ReadonlySet<Slot>;
  private readonly registers = Int32Array.from({ length: FRAME_POINTER + 1 }, (_, r) => r);
  private readonly slots = new Map<Slot, number>();
  private next = FRAME_POINTER + 1;

  constructor(spills: ReadonlySet<Slot>) {
    this.spills = spills;
  }

  /** Notes what the instruction does; true when that is nothing. */
  isRedundant(insn: MachineInsn): boolean {
    const spill = insn.slot !== null && this.spills.has(insn.slot) ? insn.slot : null;
    const known = isMove(insn)
      ? this.registers[insn.src]
      : insn.kind === 'load' && spill !== null
        ? this.slots.get(spill)
        : undefined;
    if (known !== undefined) {
      if (this.registers[insn.dst] === known) return true;
      this.registers[insn.dst] = known;
      return false;
    }
    if (insn.kind === 'store' && spill !== null) {
      this.slots.set(spill, this.registers[insn.src] ?? 0);
      return false;
    }
    eachDefinition(insn, this.renew);
    if (insn.kind === 'load' && spill !== null) this.slots.set(spill, this.registers[insn.dst] ?? 0);
    return false;
  }

  private readonly renew = (r: number): void => {
    this.registers[r] = this.next++;
  };
}
