// Loads from and stores to the stack: bounds, spilled registers and their partial fills, bytes at a variable offset
// (Linux kernel/bpf/verifier.c, check_stack_read and check_stack_write). Knows nothing of other memory.

import { markPreciseRegister } from './precision.ts';
import { constReg, isPointer, KIND, numberReg, type Reg, scalarReg, UNKNOWN, unlinked, withValue } from './register.ts';
import { isConst, isZero, truncate, ZERO_SCALAR } from './scalar.ts';
import { overwriteObjects } from './stack-objects.ts';
import { noteSlotRead, noteSlotWritten } from './stack-reads.ts';
import {
  BYTE,
  byteType,
  type Frame,
  isFullSpill,
  SLOT_INVALID,
  SLOT_MISC,
  type Slot,
  STACK_LIMIT,
  type Step,
  spilled,
  withBytes,
} from './state.ts';
import { bitLength, tnumText } from './tnum.ts';
import type { Walk } from './walk.ts';

export type StackUse = 'read from' | 'write to' | 'access';
const PHRASE: Record<StackUse, string> = { 'read from': ' read from', 'write to': ' write to', access: '' };

/** Largest offset magnitude the kernel computes with (BPF_MAX_VAR_OFF). */
export const OFFSET_LIMIT = 1n << 29n;

const spiOf = (offset: number): number => (-offset - 1) >> 3;
/** Index of the byte inside its slot, 0 the lowest address. */
const byteOf = (offset: number): number => offset & 7;

/** First and last byte offset from the frame pointer that the access may touch, or null when refused. */
export function stackRange(
  walk: Walk,
  regIndex: number,
  reg: Reg,
  offset: number,
  size: number,
  use: StackUse,
): { readonly low: number; readonly high: number } | null {
  const fixed = isConst(reg.value);
  const phrase = PHRASE[use];
  if (!fixed && (reg.value.smax >= OFFSET_LIMIT || reg.value.smin <= -OFFSET_LIMIT)) {
    walk.refuse('stack-unbounded', { use: phrase, reg: regIndex }, `the offset is ${reg.value.smin} to ${reg.value.smax}`);
    return null;
  }
  const low = Number(reg.value.smin) + offset;
  const high = Number(reg.value.smax) + offset + Math.max(size, 0);
  const outside = low < -STACK_LIMIT || high > 0 || (size === 0 && low >= 0 && high > 0);
  if (outside) {
    const known = `bytes ${low} to ${high - 1} from the frame pointer; the frame has bytes -${STACK_LIMIT} to -1`;
    if (fixed) walk.refuse('stack-outside', { use: phrase, reg: regIndex, off: low, size }, known);
    else
      walk.refuse(
        'stack-variable-outside',
        { use: phrase, reg: regIndex, off: offset, size, bits: tnumText(reg.value.bits) },
        known,
      );
    return null;
  }
  return { low, high };
}

/** The frame a stack pointer points into. */
export function frameOf(walk: Walk, reg: Reg): Frame {
  return walk.state.frames[reg.frame] ?? walk.frame();
}

/** A spilled register that lost some of its bytes: the others hold no known value any more. */
const scrub = (slot: Slot): Slot => {
  let result = slot;
  for (let i = 0; i < 8; i++) if (byteType(result, i) === BYTE.SPILL) result = withBytes(result, i, 1, BYTE.MISC, null);
  return result.reg === null ? result : { types: result.types, reg: null };
};

const spillSize = (slot: Slot): number => {
  if (isFullSpill(slot)) return 8;
  let count = 0;
  while (count < 8 && byteType(slot, count) === BYTE.SPILL) count++;
  return count;
};
export const isSpill = (slot: Slot): boolean => slot.reg !== null && byteType(slot, 0) === BYTE.SPILL;

function noteSpill(step: Step, frame: Frame, spi: number): void {
  step.stackSlot = spi;
  step.stackFrame = frame.number;
}

/** Stores a register, or (null) bytes about which nothing is known but `immediate`, at a known offset. */
export function writeStackAt(
  walk: Walk,
  step: Step,
  frame: Frame,
  offset: number,
  size: number,
  source: Reg | null,
  sourceIndex: number,
  immediate: number | null,
): boolean {
  const spi = spiOf(offset);
  const start = byteOf(offset);
  walk.touchStack(frame, -offset);
  if (walk.rules.model !== undefined && !overwriteObjects(walk, frame, offset, offset + size)) return false;
  const slot = frame.slot(spi);
  if (source !== null && isPointer(source)) {
    if (size !== 8 || start !== 0)
      return walk.refuse('spill-size', { reg: sourceIndex, size }, `a pointer, ${size} bytes at ${offset}`);
    if (frame !== walk.frame() && source.kind === KIND.STACK) return walk.refuse('spill-to-caller', { reg: sourceIndex });
    frame.setSlot(spi, spilled(source));
    noteSlotWritten(frame, spi);
    noteSpill(step, frame, spi);
    return true;
  }
  if (start === 0 && source !== null) {
    let kept = source;
    if (source.id === 0 && !isConst(source.value) && sourceIndex >= 0) {
      kept = numberReg(source.value, walk.newId(), source.delta);
      walk.setReg(sourceIndex, kept);
    }
    if (size < 8 && bitLength(source.value.umax) > size * 8) kept = unlinked(source);
    storePart(frame, spi, slot, size, kept);
    noteSpill(step, frame, spi);
    return true;
  }
  if (start === 0 && immediate !== null) {
    storePart(frame, spi, slot, size, constReg(BigInt(immediate)));
    noteSpill(step, frame, spi);
    return true;
  }
  const zero = source !== null ? isZero(source.value) : immediate === 0;
  if (zero && sourceIndex >= 0 && source !== null) markPreciseRegister(walk, sourceIndex);
  writeBytes(frame, offset, size, zero ? BYTE.ZERO : BYTE.MISC);
  return true;
}

function storePart(frame: Frame, spi: number, slot: Slot, size: number, reg: Reg): void {
  if (size === 8) {
    frame.setSlot(spi, spilled(reg));
    noteSlotWritten(frame, spi);
    return;
  }
  const rest = scrub(slot);
  let result: Slot = rest;
  for (let i = size; i < 8; i++) if (byteType(rest, i) === BYTE.ZERO) result = withBytes(result, i, 1, BYTE.MISC, null);
  frame.setSlot(spi, withBytes(result, 0, size, BYTE.SPILL, reg));
}

/** Sets bytes [offset, offset + size) to one type; spilled registers they touch are lost. */
function writeBytes(frame: Frame, offset: number, size: number, type: number): void {
  for (let i = 0; i < size; i++) {
    const spi = spiOf(offset + i);
    const slot = frame.slot(spi);
    frame.setSlot(spi, withBytes(slot.reg === null ? slot : scrub(slot), byteOf(offset + i), 1, type, null));
  }
}

/** Marks what a store at an unknown offset may have changed. Bytes that nobody has written stay so. */
export function writeStackRange(walk: Walk, frame: Frame, low: number, high: number, zero: boolean): void {
  walk.touchStack(frame, -low);
  overwriteObjects(walk, frame, low, high);
  for (let offset = low; offset < high; offset++) {
    const spi = spiOf(offset);
    const slot = frame.slot(spi);
    const type = byteType(slot, byteOf(offset));
    if (zero && type === BYTE.ZERO) continue;
    const base = slot.reg === null ? slot : scrub(slot);
    const unwritten = type === BYTE.INVALID && walk.rules.stackMustBeWritten;
    frame.setSlot(spi, unwritten ? base : withBytes(base, byteOf(offset), 1, BYTE.MISC, null));
  }
}

/** What a load of `size` bytes at a known offset yields, zero-extended; null when refused. */
export function readStackAt(walk: Walk, step: Step, frame: Frame, offset: number, size: number): Reg | null {
  const spi = spiOf(offset);
  const start = byteOf(offset);
  walk.touchStack(frame, -offset);
  const slot = frame.slot(spi);
  noteSlotRead(walk, frame, spi);
  if (isSpill(slot) && slot.reg !== null && start + size <= 8) {
    const reg = slot.reg;
    const stored = spillSize(slot);
    if (size === 8 && stored === 8) {
      noteSpill(step, frame, spi);
      return reg;
    }
    if (reg.kind !== KIND.SCALAR) {
      walk.refuse('fill-size', { size, off: offset }, `the slot holds a pointer (${size} of its 8 bytes were asked for)`);
      return null;
    }
    if (start === 0 && size <= stored) {
      noteSpill(step, frame, spi);
      const narrows = bitLength(reg.value.umax) > size * 8;
      const value = truncate(reg.value, size);
      return withValue(narrows ? unlinked(reg) : reg, value);
    }
  }
  return readMixed(walk, step, frame, offset, size);
}

function readMixed(walk: Walk, step: Step, frame: Frame, offset: number, size: number): Reg | null {
  let zeros = 0;
  let zeroSpills = 0;
  if (spiOf(offset + size - 1) !== spiOf(offset)) noteSlotRead(walk, frame, spiOf(offset + size - 1));
  for (let i = 0; i < size; i++) {
    const slot = frame.slot(spiOf(offset + i));
    const type = byteType(slot, byteOf(offset + i));
    if (type === BYTE.ZERO) zeros++;
    else if (type === BYTE.SPILL && slot.reg !== null) {
      if (slot.reg.kind !== KIND.SCALAR) {
        walk.refuse('fill-size', { size, off: offset }, 'some of the bytes belong to a stored pointer');
        return null;
      }
      if (isZero(slot.reg.value)) zeroSpills++;
    } else if (type >= BYTE.DYNPTR || (type === BYTE.INVALID && walk.rules.stackMustBeWritten)) {
      walk.refuse('stack-unwritten', { off: offset, index: i, size }, `byte ${offset + i} has not been written on this path`);
      return null;
    }
  }
  if (zeros === size) return scalarReg(ZERO_SCALAR);
  if (zeroSpills === size && spiOf(offset) === spiOf(offset + size - 1)) {
    noteSpill(step, frame, spiOf(offset));
    return scalarReg(ZERO_SCALAR);
  }
  return UNKNOWN;
}

/** A load at an offset that is only known as a range. */
export function readStackRange(walk: Walk, regIndex: number, frame: Frame, low: number, high: number): Reg | null {
  if (!stackIsReadable(walk, regIndex, frame, low, high, false)) return null;
  let allZero = true;
  for (let offset = low; offset < high && allZero; offset++) {
    allZero = byteType(frame.slot(spiOf(offset)), byteOf(offset)) === BYTE.ZERO;
  }
  return allZero ? scalarReg(ZERO_SCALAR) : UNKNOWN;
}

/** Every byte must hold something that may be read; a helper's read turns stored scalars into plain bytes. */
export function stackIsReadable(
  walk: Walk,
  regIndex: number,
  frame: Frame,
  low: number,
  high: number,
  clobber: boolean,
): boolean {
  walk.touchStack(frame, -low);
  for (let offset = low; offset < high; offset++) {
    const spi = spiOf(offset);
    const slot = frame.slot(spi);
    const type = byteType(slot, byteOf(offset));
    noteSlotRead(walk, frame, spi);
    if (type >= BYTE.DYNPTR || (type === BYTE.INVALID && walk.rules.stackMustBeWritten)) {
      return walk.refuse(
        'stack-unwritten-argument',
        { reg: regIndex, off: low, index: offset - low, size: high - low },
        `byte ${offset} has not been written on this path`,
      );
    }
    if (clobber && slot.reg !== null) frame.setSlot(spi, scrub(slot));
  }
  return true;
}

/** A helper fills [low, high): everything there is plain bytes afterwards. */
export function clobberStack(walk: Walk, frame: Frame, low: number, high: number): void {
  walk.touchStack(frame, -low);
  overwriteObjects(walk, frame, low, high);
  for (let spi = spiOf(high - 1); spi <= spiOf(low); spi++) {
    const slot = frame.slot(spi);
    const slotLow = -8 * (spi + 1);
    const from = Math.max(low, slotLow) - slotLow;
    const to = Math.min(high, slotLow + 8) - slotLow;
    if (from === 0 && to === 8) {
      frame.setSlot(spi, SLOT_MISC);
      noteSlotWritten(frame, spi);
    } else frame.setSlot(spi, withBytes(slot.reg === null ? slot : scrub(slot), from, to - from, BYTE.MISC, null));
  }
}

/** Slots of a frame, deepest last, with the spilled register or null; for the log and the page. */
export function describeStack(frame: Frame): readonly { readonly offset: number; readonly slot: Slot }[] {
  return frame.stack
    .map((slot, spi) => ({ offset: -8 * (spi + 1), slot }))
    .filter(({ slot }) => slot !== SLOT_INVALID && slot.types !== 0);
}
