// Which scalars a decision depended on. Walking back over the steps of the current path, the saved states it passed are
// told which of their registers and stack slots must be compared exactly; all other scalars may differ when states are
// compared (Linux kernel/bpf/verifier.c, mark_chain_precision and backtrack_insn). Knows nothing of values.

import type { Code } from '../isa/codec.ts';
import { ALU, ATOMIC, CLASS, JMP, MODE, SOURCE } from '../isa/opcodes.ts';
import { KIND } from './register.ts';
import { FRAME_POINTER, type Frame, REGISTERS, type State, type Step } from './state.ts';
import { isSpill } from './transfer-stack.ts';
import type { Walk } from './walk.ts';

/** Base of stack slots in {@link Step.linked}. */
const LINKED_SLOT = 16;
const LINKED_FRAME = 100;
export const linkedRegister = (frame: number, register: number): number => frame * LINKED_FRAME + register;
export const linkedSlot = (frame: number, spi: number): number => frame * LINKED_FRAME + LINKED_SLOT + spi;

/** Registers and slots still to be traced, by frame. Slots are two words of 32 bits. */
class Wanted {
  readonly regs: number[] = [];
  readonly low: number[] = [];
  readonly high: number[] = [];

  hasReg(frame: number, reg: number): boolean {
    return (((this.regs[frame] ?? 0) >>> reg) & 1) !== 0;
  }
  addReg(frame: number, reg: number): void {
    if (reg !== FRAME_POINTER) this.regs[frame] = (this.regs[frame] ?? 0) | (1 << reg);
  }
  dropReg(frame: number, reg: number): void {
    this.regs[frame] = (this.regs[frame] ?? 0) & ~(1 << reg);
  }
  hasSlot(frame: number, spi: number): boolean {
    return spi < 32 ? (((this.low[frame] ?? 0) >>> spi) & 1) !== 0 : (((this.high[frame] ?? 0) >>> (spi - 32)) & 1) !== 0;
  }
  addSlot(frame: number, spi: number): void {
    if (spi < 32) this.low[frame] = (this.low[frame] ?? 0) | (1 << spi);
    else this.high[frame] = (this.high[frame] ?? 0) | (1 << (spi - 32));
  }
  dropSlot(frame: number, spi: number): void {
    if (spi < 32) this.low[frame] = (this.low[frame] ?? 0) & ~(1 << spi);
    else this.high[frame] = (this.high[frame] ?? 0) & ~(1 << (spi - 32));
  }
  /** The registers wanted of `frame` when nothing else is wanted anywhere; 0 otherwise. */
  onlyRegisters(frame: number): number {
    for (let f = 0; f < this.regs.length || f < this.low.length || f < this.high.length; f++) {
      if ((this.low[f] ?? 0) !== 0 || (this.high[f] ?? 0) !== 0 || (f !== frame && (this.regs[f] ?? 0) !== 0)) return 0;
    }
    return this.regs[frame] ?? 0;
  }
  isEmpty(): boolean {
    for (let f = 0; f < this.regs.length || f < this.low.length || f < this.high.length; f++) {
      if ((this.regs[f] ?? 0) !== 0 || (this.low[f] ?? 0) !== 0 || (this.high[f] ?? 0) !== 0) return false;
    }
    return true;
  }
}

function traceLinked(step: Step, wanted: Wanted): void {
  if (step.linked === null) return;
  const has = (link: number): boolean => {
    const frame = Math.floor(link / LINKED_FRAME);
    const place = link % LINKED_FRAME;
    return place < LINKED_SLOT ? wanted.hasReg(frame, place) : wanted.hasSlot(frame, place - LINKED_SLOT);
  };
  if (!step.linked.some(has)) return;
  for (const link of step.linked) {
    const frame = Math.floor(link / LINKED_FRAME);
    const place = link % LINKED_FRAME;
    if (place < LINKED_SLOT) wanted.addReg(frame, place);
    else wanted.addSlot(frame, place - LINKED_SLOT);
  }
}

function traceArithmetic(opcode: number, frame: number, dst: number, src: number, wanted: Wanted): void {
  if (!wanted.hasReg(frame, dst)) return;
  const operation = opcode & 0xf0;
  if (operation === ALU.END || operation === ALU.NEG) return;
  const byRegister = (opcode & 8) === SOURCE.X;
  if (operation === ALU.MOV) {
    wanted.dropReg(frame, dst);
    if (byRegister) wanted.addReg(frame, src);
    return;
  }
  if (byRegister) wanted.addReg(frame, src);
}

function traceLoad(step: Step, frame: number, dst: number, wanted: Wanted): void {
  if (!wanted.hasReg(frame, dst)) return;
  wanted.dropReg(frame, dst);
  if (step.stackSlot >= 0) wanted.addSlot(step.stackFrame, step.stackSlot);
}

/** False when the walk back is confused: a number was used as an address. */
function traceStore(step: Step, frame: number, dst: number, src: number | null, wanted: Wanted): boolean {
  if (wanted.hasReg(frame, dst)) return false;
  if (step.stackSlot < 0 || !wanted.hasSlot(step.stackFrame, step.stackSlot)) return true;
  wanted.dropSlot(step.stackFrame, step.stackSlot);
  if (src !== null) wanted.addReg(frame, src);
  return true;
}

/** A step after which another frame runs: a call entered it, or an exit left it. */
function traceFrameChange(code: Code, step: Step, after: number, wanted: Wanted): void {
  if (step.frame < after) {
    const localCall = code.src[step.slot] === 1;
    for (let r = 1; r <= 5; r++) {
      if (wanted.hasReg(after, r) && localCall) wanted.addReg(step.frame, r);
    }
    wanted.regs[after] = 0;
    wanted.low[after] = 0;
    wanted.high[after] = 0;
    return;
  }
  const frames = step.frame;
  if (step.leavesCallback) {
    // The caller's registers are as they were when the helper was called.
    wanted.regs[frames] = 0;
    return;
  }
  const wantsResult = wanted.hasReg(after, 0);
  for (let r = 0; r <= 5; r++) wanted.dropReg(after, r);
  wanted.regs[frames] = wantsResult ? 1 : 0;
}

function traceAtomic(step: Step, imm: number, dst: number, src: number, wanted: Wanted): boolean {
  if (imm === ATOMIC.LOAD_ACQ) {
    traceLoad(step, step.frame, dst, wanted);
    return true;
  }
  if (imm === ATOMIC.STORE_REL) return traceStore(step, step.frame, dst, src, wanted);
  if (imm === ATOMIC.CMPXCHG) wanted.dropReg(step.frame, 0);
  else if ((imm & ATOMIC.FETCH) !== 0) wanted.dropReg(step.frame, src);
  return !wanted.hasReg(step.frame, dst);
}

/** One step back: what had to be known before it for what is wanted after it. `after` is the frame that runs next. */
function traceBack(code: Code, step: Step, after: number, wanted: Wanted): boolean {
  if (step.frame !== after) {
    traceFrameChange(code, step, after, wanted);
    return true;
  }
  const opcode = code.opcode[step.slot] ?? 0;
  const dst = code.dst[step.slot] ?? 0;
  const src = code.src[step.slot] ?? 0;
  const frame = step.frame;
  traceLinked(step, wanted);
  switch (opcode & 7) {
    case CLASS.ALU:
    case CLASS.ALU64:
      traceArithmetic(opcode, frame, dst, src, wanted);
      return true;
    case CLASS.LDX:
      traceLoad(step, frame, dst, wanted);
      return true;
    case CLASS.ST:
      return traceStore(step, frame, dst, null, wanted);
    case CLASS.STX:
      if ((opcode & 0xe0) === MODE.ATOMIC) return traceAtomic(step, code.imm[step.slot] ?? 0, dst, src, wanted);
      return traceStore(step, frame, dst, src, wanted);
    case CLASS.LD:
      if (opcode === 0x18) wanted.dropReg(frame, dst);
      else for (let r = 0; r <= 5; r++) wanted.dropReg(frame, r);
      return true;
    default: {
      const operation = opcode & 0xf0;
      if (operation === JMP.CALL) {
        for (let r = 0; r <= 5; r++) wanted.dropReg(frame, r);
      } else if (operation !== JMP.JA && operation !== JMP.EXIT && operation !== JMP.JCOND && (opcode & 8) === SOURCE.X) {
        if (wanted.hasReg(frame, dst) || wanted.hasReg(frame, src)) {
          wanted.addReg(frame, dst);
          wanted.addReg(frame, src);
        }
      }
      traceLinked(step, wanted);
      return true;
    }
  }
}

/** Marks what is wanted in a saved state; what is marked already, or is no scalar, needs no further tracing. */
function markSaved(state: State, wanted: Wanted): boolean {
  let marked = false;
  for (let f = 0; f < wanted.regs.length || f < wanted.low.length || f < wanted.high.length; f++) {
    const frame = state.frames[f];
    if (frame === undefined) {
      wanted.regs[f] = 0;
      wanted.low[f] = 0;
      wanted.high[f] = 0;
      continue;
    }
    for (let r = 0; r < REGISTERS; r++) {
      if (!wanted.hasReg(f, r)) continue;
      if (frame.reg(r).kind !== KIND.SCALAR || ((frame.preciseRegs >>> r) & 1) !== 0) wanted.dropReg(f, r);
      else {
        frame.preciseRegs |= 1 << r;
        marked = true;
      }
    }
    if ((wanted.low[f] ?? 0) === 0 && (wanted.high[f] ?? 0) === 0) continue;
    marked = markSavedSlots(frame, f, wanted) || marked;
  }
  return marked;
}

function markSavedSlots(frame: Frame, f: number, wanted: Wanted): boolean {
  let marked = false;
  for (let spi = 0; spi < 64; spi++) {
    if (!wanted.hasSlot(f, spi)) continue;
    const slot = frame.slot(spi);
    if (!isSpill(slot) || slot.reg?.kind !== KIND.SCALAR || frame.isPreciseSlot(spi)) wanted.dropSlot(f, spi);
    else {
      frame.markPreciseSlot(spi);
      marked = true;
    }
  }
  return marked;
}

/** The safe way out: every scalar of every state on the path is compared exactly. */
function markEverything(from: State): void {
  for (let state: State | null = from; state !== null; state = state.parent) {
    for (const frame of state.frames) {
      frame.preciseRegs = (1 << REGISTERS) - 1;
      frame.preciseLow = -1;
      frame.preciseHigh = -1;
    }
  }
}

/** Walks back from `start`, a step of `from` after which `after` runs, through the states passed before. True when one was marked. */
function traceChain(walk: Walk, from: State, start: Step | null, after: number, wanted: Wanted): boolean {
  let state = from;
  let step = start;
  let frame = after;
  let changed = false;
  for (;;) {
    for (; step !== null; step = step.before) {
      // Followed from this step before: the states behind it know already.
      const only = wanted.onlyRegisters(frame);
      if (only !== 0) {
        if ((only & ~step.traced) === 0 && frame === step.frame) return changed;
        if (frame === step.frame) step.traced |= only;
      }
      if (!traceBack(walk.code, step, frame, wanted)) {
        markEverything(walk.state);
        return true;
      }
      frame = step.frame;
      if (wanted.isEmpty()) return changed;
    }
    const parent = state.parent;
    if (parent === null) return changed;
    changed = markSaved(parent, wanted) || changed;
    if (wanted.isEmpty()) return changed;
    state = parent;
    step = parent.steps;
    frame = parent.frames.length - 1;
  }
}

/** Registers (bits) wanted before one step of their own frame; -1 where it takes {@link traceBack} to tell. */
function registersBefore(code: Code, step: Step, mask: number): number {
  const { slot } = step;
  const opcode = code.opcode[slot] ?? 0;
  const dst = 1 << (code.dst[slot] ?? 0);
  const src = 1 << (code.src[slot] ?? 0);
  const operation = opcode & 0xf0;
  const byRegister = (opcode & 8) === SOURCE.X;
  switch (opcode & 7) {
    case CLASS.ALU:
    case CLASS.ALU64:
      if ((mask & dst) === 0 || operation === ALU.END || operation === ALU.NEG) return mask;
      if (operation === ALU.MOV) return byRegister ? (mask & ~dst) | (src & NOT_FRAME_POINTER) : mask & ~dst;
      return byRegister ? mask | (src & NOT_FRAME_POINTER) : mask;
    case CLASS.LDX:
      if ((mask & dst) === 0) return mask;
      return step.stackSlot >= 0 ? -1 : mask & ~dst;
    case CLASS.ST:
      return (mask & dst) === 0 ? mask : -1;
    case CLASS.STX:
      return (opcode & 0xe0) === MODE.ATOMIC || (mask & dst) !== 0 ? -1 : mask;
    case CLASS.LD:
      return opcode === 0x18 ? mask & ~dst : mask & ~0x3f;
    default:
      if (operation === JMP.CALL) return mask & ~0x3f;
      if (!byRegister || operation === JMP.JA || operation === JMP.EXIT || operation === JMP.JCOND) return mask;
      return (mask & (dst | src)) === 0 ? mask : mask | ((dst | src) & NOT_FRAME_POINTER);
  }
}

const NOT_FRAME_POINTER = ~(1 << FRAME_POINTER);

/** {@link traceChain} for registers of the current frame, which is what nearly every walk back is about, as one word of bits. */
function traceRegisters(walk: Walk, start: Step | null, registers: number): void {
  const frame = walk.state.frames.length - 1;
  let state: State = walk.state;
  let step = start;
  let mask = registers;
  const handOver = (): void => {
    const wanted = new Wanted();
    wanted.regs[frame] = mask;
    traceChain(walk, state, step, frame, wanted);
  };
  for (;;) {
    for (; step !== null; step = step.before) {
      if (step.frame !== frame || step.linked !== null) return handOver();
      if ((mask & ~step.traced) === 0) return;
      const before = registersBefore(walk.code, step, mask);
      if (before < 0) return handOver();
      step.traced |= mask;
      mask = before;
      if (mask === 0) return;
    }
    const parent = state.parent;
    if (parent === null) return;
    const saved = parent.frames[frame];
    if (saved === undefined || parent.frames.length - 1 !== frame) return handOver();
    for (let r = 0; r < REGISTERS; r++) {
      const bit = 1 << r;
      if ((mask & bit) === 0) continue;
      if (saved.reg(r).kind !== KIND.SCALAR || (saved.preciseRegs & bit) !== 0) mask &= ~bit;
      else saved.preciseRegs |= bit;
    }
    if (mask === 0) return;
    state = parent;
    step = parent.steps;
  }
}

/** The instruction being walked depends on the exact value of a register of the current frame. */
export function markPreciseRegister(walk: Walk, register: number): void {
  if (register === FRAME_POINTER || walk.reg(register).kind !== KIND.SCALAR) return;
  traceRegisters(walk, walk.state.steps?.before ?? null, 1 << register);
}

/** The same for what a stack slot holds. */
export function markPreciseSlot(walk: Walk, frame: number, spi: number): void {
  const wanted = new Wanted();
  wanted.addSlot(frame, spi);
  traceChain(walk, walk.state, walk.state.steps?.before ?? null, walk.state.frames.length - 1, wanted);
}

/** The current path was pruned by `old`: what is precise there must be precise in the states this path passed. */
export function inheritPrecision(walk: Walk, old: State): boolean {
  const wanted = new Wanted();
  old.frames.forEach((frame, f) => {
    for (let r = 0; r < FRAME_POINTER; r++) {
      if (((frame.preciseRegs >>> r) & 1) !== 0 && frame.reg(r).kind === KIND.SCALAR) wanted.addReg(f, r);
    }
    for (let spi = 0; spi < frame.stack.length; spi++) {
      const slot = frame.slot(spi);
      if (frame.isPreciseSlot(spi) && isSpill(slot) && slot.reg?.kind === KIND.SCALAR) wanted.addSlot(f, spi);
    }
  });
  if (wanted.isEmpty()) return false;
  return traceChain(walk, walk.state, walk.state.steps, walk.state.frames.length - 1, wanted);
}
