// The machine at one instruction as the page shows it. Knows nothing of runs or messages.

import { type LocalScene, localFrames, watchValue } from '../engine/index.ts';
import type { MachineReport } from './api.ts';

const digits = (low: number, high: number): string =>
  (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');

/** Words of a frame's stack that are not zero, the highest first. */
function words(bytes: Uint8Array): { readonly place: string; readonly value: string }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: { place: string; value: string }[] = [];
  for (let at = bytes.length - 8; at >= 0; at -= 8) {
    const low = view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    if (low !== 0 || high !== 0) found.push({ place: `fp-${bytes.length - at}`, value: digits(low, high) });
  }
  return found;
}

/** Registers, stack, local variables and watch expressions before an instruction of a program. */
export function machineReport(scene: LocalScene, watches: readonly string[]): MachineReport {
  const { machine } = scene;
  return {
    slot: machine.slot,
    depth: machine.depth,
    registers: Array.from(machine.low, (low, register) => digits(low, machine.high[register] ?? 0)),
    stack: machine.frames.map(({ bytes }, depth) => ({ depth, words: words(bytes) })),
    locals: localFrames(scene),
    watches: watches.map((text) => watchValue(text, scene)),
  };
}
