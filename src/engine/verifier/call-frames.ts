// Frames of calls and callbacks: entering them, and what a call leaves of the caller's registers. Knows nothing of which call.

import { NOT_INIT, type Reg } from './register.ts';
import { Frame, type State } from './state.ts';
import type { Walk } from './walk.ts';

/** Call frames at once, the entry included (MAX_CALL_FRAMES): 16 in 7.2, 8 before. */
const FRAME_LIMIT = 16;
const OLD_FRAME_LIMIT = 8;

/** R0 to R5 hold nothing after a call. */
export function clearCallerSaved(frame: Frame): void {
  for (let r = 0; r <= 5; r++) frame.regs[r] = NOT_INIT;
}

/** A frame for the function at `target`; null when there are too many. */
export function enterFrame(walk: Walk, state: State, target: number, callsite: number): Frame | null {
  const limit = (walk.rules.model?.kernel ?? '7.2') === '7.2' ? FRAME_LIMIT : OLD_FRAME_LIMIT;
  if (state.frames.length >= limit) {
    walk.refuse('too-many-frames', { count: state.frames.length + 1 });
    return null;
  }
  const frame = new Frame(state.frames.length, callsite, walk.shape.owner[target] ?? 0, walk.newId());
  state.frames.push(frame);
  return frame;
}

/** One more path starts in a callback and comes back to this call; it returns 0 or 1. */
export function forkIntoCallback(walk: Walk, callback: number, registers: readonly Reg[], ordersTree: boolean): boolean {
  const state = walk.fork(callback);
  if (state === null) return false;
  state.frame().callbackDepth++;
  const frame = enterFrame(walk, state, callback, walk.insn);
  if (frame === null) return false;
  state.callbackUnrollDepth++;
  frame.callback = { low: 0n, high: 1n, ordersTree, refs: state.refs.map((reference) => reference.id) };
  registers.forEach((reg, r) => {
    frame.regs[r] = reg;
  });
  return true;
}
