// Views of bytes (dynptrs) and iterators, which live in stack slots of their own: made, found, overwritten, given back
// (Linux kernel/bpf/verifier.c, mark_stack_slots_dynptr, mark_stack_slots_iter). Knows nothing of what fills them.

import { argumentName, viewArgumentName } from './argument-names.ts';
import { forgetView } from './references.ts';
import { KIND, kindName, type Reg, regWith } from './register.ts';
import { isConst } from './scalar.ts';
import { noteSlotRead, noteSlotWritten } from './stack-reads.ts';
import { BYTE, byteType, type Frame, occupied, SLOT_INVALID, type Slot } from './state.ts';
import type { Walk } from './walk.ts';

/** Where an object lies: its frame and its lowest-numbered (highest-addressed) slot is `spi - slots + 1`. */
export interface Place {
  readonly frame: Frame;
  /** Slot with the lowest address. */
  readonly spi: number;
  readonly slots: number;
}

const DYNPTR_SLOTS = 2;
const ITERATOR_SLOTS = 1;

const holds = (slot: Slot, type: number): boolean => {
  for (let i = 0; i < 8; i++) if (byteType(slot, i) !== type) return false;
  return slot.reg !== null;
};

/** Slots that a stack pointer names, or null when they are not aligned or not on the stack. */
function placeOf(walk: Walk, reg: Reg, slots: number): Place | null {
  if (reg.kind !== KIND.STACK || !isConst(reg.value)) return null;
  const offset = Number(reg.value.smin);
  const frame = walk.state.frames[reg.frame];
  if (frame === undefined || offset % 8 !== 0 || offset < -512 || offset + slots * 8 > 0) return null;
  return { frame, spi: (-offset - 1) >> 3, slots };
}

/** An object ends because its bytes are written over; false when it may not. */
export function overwriteObjects(walk: Walk, frame: Frame, low: number, high: number): boolean {
  for (let spi = -high >> 3; spi <= (-low - 1) >> 3; spi++) {
    const slot = frame.stack[spi];
    if (slot === undefined || slot.reg?.kind !== KIND.DYNPTR) continue;
    if (slot.reg.ref !== 0) return walk.refuse('dynptr-overwritten', {});
    forgetView(walk.state, slot.reg.id);
  }
  return true;
}

/** Where a new view goes; null when refused. */
export function placeForDynptr(walk: Walk, index: number): Place | null {
  const reg = walk.reg(index);
  if (reg.kind !== KIND.STACK) {
    walk.refuse('dynptr-place', { place: argumentName(walk, index) }, `R${index} is ${kindName(reg)}`);
    return null;
  }
  const place = placeOf(walk, reg, DYNPTR_SLOTS);
  if (place === null) {
    walk.refuse('dynptr-not-new', {}, 'it lies at an address that is no multiple of 8, or outside the frame');
    return null;
  }
  const low = -8 * (place.spi + 1);
  return overwriteObjects(walk, place.frame, low, low + DYNPTR_SLOTS * 8) ? place : null;
}

/** Puts an object into its slots. */
export function occupy(walk: Walk, place: Place, reg: Reg): void {
  const type = reg.kind === KIND.DYNPTR ? BYTE.DYNPTR : BYTE.ITERATOR;
  walk.touchStack(place.frame, 8 * (place.spi + 1));
  for (let i = 0; i < place.slots; i++) {
    const spi = place.spi - i;
    // The first slot of a view is told from its second, so that only its start can be passed.
    place.frame.setSlot(spi, occupied(type, regWith(reg, { size: i })));
    noteSlotWritten(place.frame, spi);
  }
}

function objectAt(walk: Walk, place: Place | null, type: number): Reg | null {
  if (place === null) return null;
  for (let i = 0; i < place.slots; i++) {
    const slot = place.frame.slot(place.spi - i);
    noteSlotRead(walk, place.frame, place.spi - i);
    if (!holds(slot, type) || slot.reg?.size !== i) return null;
  }
  return place.frame.slot(place.spi).reg;
}

/** The view a register points to; null when refused. */
export function dynptrAt(walk: Walk, index: number): Reg | null {
  const reg = walk.reg(index);
  if (reg.kind !== KIND.STACK) {
    walk.refuse('dynptr-place', { place: argumentName(walk, index) }, `R${index} is ${kindName(reg)}`);
    return null;
  }
  const found = objectAt(walk, placeOf(walk, reg, DYNPTR_SLOTS), BYTE.DYNPTR);
  if (found === null) walk.refuse('dynptr-not-there', { place: viewArgumentName(walk, index) });
  return found;
}

/** Where a new iterator goes; null when refused. */
export function placeForIterator(walk: Walk, index: number): Place | null {
  const reg = walk.reg(index);
  const place = placeOf(walk, reg, ITERATOR_SLOTS);
  if (place === null) {
    walk.refuse('iterator-place', { place: argumentName(walk, index) }, `R${index} is ${kindName(reg)}`);
    return null;
  }
  if (holds(place.frame.slot(place.spi), BYTE.ITERATOR)) {
    walk.refuse('iterator-not-new', { place: argumentName(walk, index) });
    return null;
  }
  const low = -8 * (place.spi + 1);
  return overwriteObjects(walk, place.frame, low, low + 8) ? place : null;
}

/** The iterator a register points to, with its place; null when refused. */
export function iteratorAt(walk: Walk, index: number): { readonly reg: Reg; readonly place: Place } | null {
  const pointer = walk.reg(index);
  const place = placeOf(walk, pointer, ITERATOR_SLOTS);
  if (place === null && pointer.kind !== KIND.STACK) {
    walk.refuse('iterator-place', { place: argumentName(walk, index) }, `R${index} is ${kindName(pointer)}`);
    return null;
  }
  const reg = objectAt(walk, place, BYTE.ITERATOR);
  if (reg === null || place === null) {
    walk.refuse('iterator-not-there', { place: argumentName(walk, index) });
    return null;
  }
  return { reg, place };
}

/** The iterator is gone. */
export function vacate(place: Place): void {
  for (let i = 0; i < place.slots; i++) place.frame.setSlot(place.spi - i, SLOT_INVALID);
}
