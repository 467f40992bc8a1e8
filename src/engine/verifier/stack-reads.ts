// Which stack slots of a saved state were read afterwards, before being overwritten: only those matter when states are
// compared (Linux kernel/bpf/verifier.c before 6.18, mark_reg_read and propagate_liveness). Knows nothing of values.

import type { Frame, State } from './state.ts';
import type { Walk } from './walk.ts';

const hasBit = (low: number, high: number, spi: number): boolean => ((spi < 32 ? low >>> spi : high >>> (spi - 32)) & 1) !== 0;

/** The slot was overwritten as a whole: what a saved state had there is not seen through it. */
export function noteSlotWritten(frame: Frame, spi: number): void {
  if (spi < 32) frame.writtenLow |= 1 << spi;
  else frame.writtenHigh |= 1 << (spi - 32);
}

/** The slot is read: every saved state since it was last overwritten hears of it. */
export function noteSlotRead(walk: Walk, frame: Frame, spi: number): void {
  if (hasBit(frame.writtenLow, frame.writtenHigh, spi)) return;
  for (let state = walk.state.parent; state !== null; state = state.parent) {
    const saved = state.frames[frame.number];
    if (saved === undefined || saved.activation !== frame.activation) return;
    if (hasBit(saved.readLow, saved.readHigh, spi)) return;
    if (spi < 32) saved.readLow |= 1 << spi;
    else saved.readHigh |= 1 << (spi - 32);
    if (hasBit(saved.writtenLow, saved.writtenHigh, spi)) return;
  }
}

export const slotWasRead = (frame: Frame, spi: number): boolean => hasBit(frame.readLow, frame.readHigh, spi);

/** The current path was pruned by `old`: what was read after it would be read after the current state too. */
export function inheritReads(walk: Walk, old: State): void {
  old.frames.forEach((saved, f) => {
    const frame = walk.state.frames[f];
    if (frame === undefined || (saved.readLow === 0 && saved.readHigh === 0)) return;
    for (let spi = 0; spi < 64; spi++) if (slotWasRead(saved, spi)) noteSlotRead(walk, frame, spi);
  });
}
