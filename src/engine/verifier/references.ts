// References: what a program has been given and must give back, and everything that is worth nothing once it has (Linux
// kernel/bpf/verifier.c, acquire_reference, release_reference, ref_convert_owning_non_owning). Knows nothing of calls.

import { FLAG, KIND, type Reg, regWith, UNKNOWN } from './register.ts';
import { BYTE, byteType, SLOT_INVALID, type State } from './state.ts';
import type { Walk } from './walk.ts';

/** Visits every register and spilled register of a state and replaces those for which `change` gives another. */
export function replaceEverywhere(state: State, change: (reg: Reg) => Reg): void {
  for (const frame of state.frames) {
    for (let r = 0; r < frame.regs.length; r++) {
      const reg = frame.regs[r];
      if (reg === undefined) continue;
      const changed = change(reg);
      if (changed !== reg) frame.regs[r] = changed;
    }
    for (let spi = 0; spi < frame.stack.length; spi++) {
      const slot = frame.stack[spi];
      if (slot === undefined || slot.reg === null || byteType(slot, 0) !== BYTE.SPILL) continue;
      const changed = change(slot.reg);
      if (changed !== slot.reg) frame.stack[spi] = { types: slot.types, reg: changed };
    }
  }
}

/** A new reference, to be given back on every path. */
export function acquireReference(walk: Walk, kind: 'object' | 'packet' = 'object'): number {
  const id = walk.newId();
  walk.state.refs = [...walk.state.refs, { id, insn: walk.insn, kind }];
  return id;
}

/** Forgets a view of bytes and every pointer made from it. */
export function forgetView(state: State, id: number): void {
  for (const frame of state.frames) {
    frame.stack.forEach((slot, spi) => {
      if (slot.reg?.kind === KIND.DYNPTR && slot.reg.id === id) frame.stack[spi] = SLOT_INVALID;
    });
  }
  replaceEverywhere(state, (reg) => (reg.owner === id ? UNKNOWN : reg));
}

/** Gives a reference back: every register that carries it, every view made from it, is worth nothing any more. */
export function releaseReference(state: State, ref: number): void {
  state.dropRef(ref);
  // Bytes seen through a view go with the packet, even where the view itself is gone with its frame.
  replaceEverywhere(state, (reg) => (reg.ref === ref || (reg.kind === KIND.MEM && reg.mapUid === ref) ? UNKNOWN : reg));
  const views = new Set<number>();
  for (const frame of state.frames) {
    for (const slot of frame.stack) {
      if (slot.reg?.kind === KIND.DYNPTR && slot.reg.owner === ref && ref !== 0) views.add(slot.reg.id);
    }
  }
  for (const view of views) forgetView(state, view);
}

/** A list or tree takes the object over: pointers to it stay usable, not owned, while the lock is held. */
export function giveToContainer(state: State, ref: number, sharesByCount: boolean): void {
  state.dropRef(ref);
  const flags = FLAG.NON_OWNING | (sharesByCount ? FLAG.RCU : 0);
  replaceEverywhere(state, (reg) => (reg.ref === ref ? regWith(reg, { ref: 0, flags: reg.flags | flags }) : reg));
}

/** The lock is gone: what only it kept alive cannot be used any more. */
export function forgetNonOwning(state: State): void {
  replaceEverywhere(state, (reg) => ((reg.flags & FLAG.NON_OWNING) !== 0 ? UNKNOWN : reg));
}

/** The last RCU section ended: pointers it kept valid can only be read with care. */
export function distrustRcu(state: State): void {
  replaceEverywhere(state, (reg) =>
    (reg.flags & FLAG.RCU) !== 0 ? regWith(reg, { nullable: false, flags: (reg.flags & ~FLAG.RCU) | FLAG.UNTRUSTED }) : reg,
  );
}
