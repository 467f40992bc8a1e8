// Is the current state covered by one walked before? Then nothing new can go wrong from here (Linux kernel/bpf/verifier.c,
// states_equal, regsafe, stacksafe, refsafe). Knows nothing of how states came about.

import { isPointer, KIND, type Reg, UNKNOWN } from './register.ts';
import { contains, sameScalar } from './scalar.ts';
import { slotWasRead } from './stack-reads.ts';
import { BYTE, byteType, FRAME_POINTER, type Frame, isFullSpill, SLOT_INVALID, type Slot, type State } from './state.ts';

/** `covers`: scalars nobody depended on may differ; `range-within`: every scalar must lie in the old range; `exact`: everything equal. */
export type Comparison = 'covers' | 'range-within' | 'exact';

/** Pairs numbers of the old state with numbers of the current one; a pairing once made must hold everywhere. */
class IdPairs {
  /** Numbers paired, by place; a comparison meets few of them. */
  private readonly olds: number[] = [];
  private readonly currents: number[] = [];
  private fresh = -1;

  pair(old: number, current: number): boolean {
    if ((old === 0) !== (current === 0)) return false;
    if (old === 0) return true;
    return this.bind(old, current);
  }

  /** For scalars a missing id is an id nobody else has. */
  pairScalar(old: number, current: number): boolean {
    if (old === 0) return true;
    return this.bind(old, current === 0 ? this.fresh-- : current);
  }

  private bind(old: number, current: number): boolean {
    for (let i = 0; i < this.olds.length; i++) {
      if (this.olds[i] === old) return this.currents[i] === current;
      if (this.currents[i] === current) return false;
    }
    this.olds.push(old);
    this.currents.push(current);
    return true;
  }
}

const sameDelta = (a: Reg, b: Reg): boolean =>
  a.delta === null ? b.delta === null : b.delta !== null && a.delta.by === b.delta.by && a.delta.wide === b.delta.wide;

const sameShape = (a: Reg, b: Reg): boolean =>
  a.kind === b.kind &&
  a.nullable === b.nullable &&
  a.map === b.map &&
  a.frame === b.frame &&
  a.size === b.size &&
  a.ringbuf === b.ringbuf &&
  a.fixed === b.fixed &&
  a.struct === b.struct &&
  a.flags === b.flags;

function exactReg(old: Reg, current: Reg, ids: IdPairs): boolean {
  return (
    sameShape(old, current) &&
    old.range === current.range &&
    sameScalar(old.value, current.value) &&
    sameDelta(old, current) &&
    (old.kind === KIND.SCALAR ? ids.pairScalar(old.id, current.id) : ids.pair(old.id, current.id)) &&
    ids.pair(old.mapUid, current.mapUid) &&
    ids.pair(old.ref, current.ref) &&
    ids.pair(old.owner, current.owner)
  );
}

function coversReg(old: Reg, current: Reg, precise: boolean, ids: IdPairs, how: Comparison): boolean {
  if (how === 'exact') return exactReg(old, current, ids);
  if (old.kind === KIND.NONE) return true;
  if (old.kind !== current.kind || old.nullable !== current.nullable) return false;
  if (old.kind === KIND.SCALAR) {
    if (!precise && how === 'covers') return true;
    if (!sameDelta(old, current) && old.id !== 0) return false;
    return contains(old.value, current.value) && ids.pairScalar(old.id, current.id);
  }
  if (!sameShape(old, current)) return false;
  switch (old.kind) {
    case KIND.PACKET:
    case KIND.PACKET_META:
      return old.range <= current.range && contains(old.value, current.value) && ids.pair(old.id, current.id);
    case KIND.STACK:
    case KIND.CTX:
      return exactReg(old, current, ids);
    case KIND.MAP_VALUE:
    case KIND.MAP_KEY:
    case KIND.MEM:
      return (
        contains(old.value, current.value) &&
        ids.pair(old.id, current.id) &&
        ids.pair(old.mapUid, current.mapUid) &&
        ids.pair(old.ref, current.ref) &&
        ids.pair(old.owner, current.owner)
      );
    default:
      return exactReg(old, current, ids);
  }
}

/** The whole slot read as one scalar, or null when it is something else. */
function asScalar(slot: Slot, uninitialisedIsMisc: boolean): Reg | null {
  if (isFullSpill(slot)) return slot.reg?.kind === KIND.SCALAR ? slot.reg : null;
  for (let i = 0; i < 8; i++) {
    const type = byteType(slot, i);
    if (type !== BYTE.MISC && !(uninitialisedIsMisc && type === BYTE.INVALID)) return null;
  }
  return UNKNOWN;
}

/** Two views or iterators in the same state; the turn an iterator stands at does not matter. */
const sameObject = (old: Reg, current: Reg, ids: IdPairs): boolean =>
  sameShape(old, current) && ids.pair(old.id, current.id) && ids.pair(old.ref, current.ref) && ids.pair(old.owner, current.owner);

function coversSlot(old: Slot, current: Slot, precise: boolean, ids: IdPairs, how: Comparison, mustBeWritten: boolean): boolean {
  if (how === 'exact') {
    if (old.types !== current.types) return false;
    if (byteType(old, 0) >= BYTE.DYNPTR) return old.reg !== null && current.reg !== null && sameObject(old.reg, current.reg, ids);
    return old.reg === null ? current.reg === null : current.reg !== null && exactReg(old.reg, current.reg, ids);
  }
  if (old.types === 0) return true;
  if (byteType(old, 0) >= BYTE.DYNPTR || byteType(current, 0) >= BYTE.DYNPTR) {
    return old.types === current.types && old.reg !== null && current.reg !== null && sameObject(old.reg, current.reg, ids);
  }
  const oldScalar = asScalar(old, !mustBeWritten);
  if (oldScalar === UNKNOWN && !mustBeWritten) return true;
  const currentScalar = asScalar(current, !mustBeWritten);
  if (oldScalar !== null && currentScalar !== null) return coversReg(oldScalar, currentScalar, precise, ids, how);
  for (let i = 0; i < 8; i++) {
    const was = byteType(old, i);
    const is = byteType(current, i);
    if (was === BYTE.INVALID || (was === BYTE.MISC && (is === BYTE.ZERO || !mustBeWritten)) || was === is) continue;
    return false;
  }
  if (old.reg === null || byteType(old, 0) !== BYTE.SPILL) return true;
  return current.reg !== null && coversReg(old.reg, current.reg, precise, ids, how);
}

function coversFrame(old: Frame, current: Frame, live: number, ids: IdPairs, how: Comparison, mustBeWritten: boolean): boolean {
  if (old.callsite !== current.callsite || old.callbackDepth > current.callbackDepth) return false;
  if ((old.callback === null) !== (current.callback === null)) return false;
  for (let r = 0; r < FRAME_POINTER; r++) {
    if (how !== 'exact' && ((live >>> r) & 1) === 0) continue;
    const a = old.reg(r);
    const b = current.reg(r);
    if (a === b && a.id === 0 && a.ref === 0 && a.mapUid === 0 && a.owner === 0) continue;
    if (!coversReg(a, b, ((old.preciseRegs >>> r) & 1) !== 0, ids, how)) return false;
  }
  const slots = how === 'exact' ? Math.max(old.stack.length, current.stack.length) : old.stack.length;
  for (let spi = 0; spi < slots; spi++) {
    const a = old.stack[spi] ?? SLOT_INVALID;
    const b = current.stack[spi] ?? SLOT_INVALID;
    if (how === 'covers' && !slotWasRead(old, spi)) continue;
    if (a === b && (a.reg === null || (a.reg.id === 0 && a.reg.ref === 0 && a.reg.mapUid === 0 && a.reg.owner === 0))) continue;
    if (!coversSlot(a, b, old.isPreciseSlot(spi), ids, how, mustBeWritten)) return false;
  }
  return true;
}

function coversReferences(old: State, current: State, ids: IdPairs): boolean {
  if (old.rcu !== current.rcu || old.preempt !== current.preempt) return false;
  if (old.lock === null || current.lock === null) {
    if (old.lock !== current.lock) return false;
  } else if (old.lock.map !== current.lock.map || !ids.pair(old.lock.id, current.lock.id)) return false;
  if (old.refs.length !== current.refs.length || old.stackPacket !== current.stackPacket) return false;
  if (old.pushed && !current.pushed) return false;
  for (let i = 0; i < old.refs.length; i++) {
    const a = old.refs[i];
    const b = current.refs[i];
    if (a === undefined || b === undefined || a.kind !== b.kind || !ids.pair(a.id, b.id)) return false;
  }
  if (old.packetSlot === null || current.packetSlot === null) return old.packetSlot === current.packetSlot;
  return exactReg(old.packetSlot, current.packetSlot, ids);
}

/**
 * True when everything that can happen from `current` was covered when `old` was walked. `liveOf(frame)` gives the registers
 * that can still be read in each frame; `mustBeWritten` when unwritten stack may not be read.
 */
export function covers(
  old: State,
  current: State,
  how: Comparison,
  liveOf: (frame: number) => number,
  mustBeWritten: boolean,
): boolean {
  if (old.frames.length !== current.frames.length) return false;
  const ids = new IdPairs();
  if (!coversReferences(old, current, ids)) return false;
  for (let f = 0; f < old.frames.length; f++) {
    const a = old.frames[f];
    const b = current.frames[f];
    if (a === undefined || b === undefined || !coversFrame(a, b, liveOf(f), ids, how, mustBeWritten)) return false;
  }
  return true;
}

/** Iterators stand at the same turn: with another the walk makes progress. */
export function sameIteratorDepths(old: State, current: State): boolean {
  for (let f = 0; f < old.frames.length; f++) {
    const a = old.frames[f];
    const b = current.frames[f];
    if (a === undefined || b === undefined) return false;
    for (let spi = 0; spi < a.stack.length; spi++) {
      const was = a.stack[spi]?.reg;
      const is = b.stack[spi]?.reg;
      if (was?.kind === KIND.ITERATOR && is?.kind === KIND.ITERATOR && was.range !== is.range) return false;
    }
  }
  return true;
}

/** Cheap test before an exact comparison: the innermost registers are alike. */
export function mayLoop(old: State, current: State): boolean {
  if (old.frames.length !== current.frames.length) return false;
  const a = old.frame();
  const b = current.frame();
  for (let r = 0; r < FRAME_POINTER; r++) {
    const x = a.reg(r);
    const y = b.reg(r);
    if (x === y) continue;
    if (x.kind !== y.kind || x.nullable !== y.nullable || !sameScalar(x.value, y.value)) return false;
    if (isPointer(x) && (x.map !== y.map || x.range !== y.range || x.fixed !== y.fixed)) return false;
  }
  return true;
}
