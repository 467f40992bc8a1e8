// Letting the turns of a loop meet: the saved state of the last turn, and scalars nobody depends on made unknown (Linux
// kernel/bpf/verifier.c, find_prev_entry and widen_imprecise_scalars). Knows nothing of what makes the loop.

import { KIND, UNKNOWN } from './register.ts';
import { isConst } from './scalar.ts';
import { BYTE, byteType, type State } from './state.ts';

/** The saved state of the last time this path stood at the same call. */
export function previousAtCall(from: State | null, slot: number, frames: number): State | null {
  for (let state = from; state !== null; state = state.parent) {
    if (state.at === slot && state.frames.length === frames) return state;
  }
  return null;
}

/**
 * Scalars on which nothing has depended and that change from turn to turn become unknown, so that the turns of a callback
 * loop meet (Linux: widen_imprecise_scalars).
 */
export function widenImprecise(old: State, current: State): void {
  for (let f = 0; f < old.frames.length; f++) {
    const [a, b] = [old.frames[f], current.frames[f]];
    if (a === undefined || b === undefined) continue;
    for (let r = 0; r < 10; r++) {
      const [was, is] = [a.reg(r), b.reg(r)];
      if (was === is || was.kind !== KIND.SCALAR || is.kind !== KIND.SCALAR) continue;
      if (((a.preciseRegs >>> r) & 1) === 0 && !(isConst(was.value) && isConst(is.value) && was.value.umin === is.value.umin))
        b.regs[r] = UNKNOWN;
    }
    for (let spi = 0; spi < a.stack.length; spi++) {
      const [was, is] = [a.slot(spi), b.slot(spi)];
      if (was === is || was.reg?.kind !== KIND.SCALAR || is.reg?.kind !== KIND.SCALAR || a.isPreciseSlot(spi)) continue;
      if (byteType(was, 0) !== BYTE.SPILL || byteType(is, 0) !== BYTE.SPILL) continue;
      b.setSlot(spi, { types: is.types, reg: UNKNOWN });
    }
  }
}
