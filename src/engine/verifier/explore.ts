// The walk over all paths: one instruction after the other, states saved and compared at prune points, branches taken up
// last in, first out, until a fault, the budget or the end (Linux kernel/bpf/verifier.c, do_check and is_state_visited).

import { CLASS, JMP, MODE, PSEUDO_LD } from '../isa/opcodes.ts';
import { covers, mayLoop, sameIteratorDepths } from './compare.ts';
import { calleeOf, isCall, isExit, isLoadImm64, isMayGoto, targetOf } from './control-flow.ts';
import { stateText } from './frame-picture.ts';
import { MAP } from './map-rules.ts';
import { inheritPrecision } from './precision.ts';
import { constReg, KIND, pointerReg, type Reg, regWith } from './register.ts';
import { constScalar } from './scalar.ts';
import { inheritReads } from './stack-reads.ts';
import { FRAME_POINTER, type State } from './state.ts';
import { transferAlu } from './transfer-alu.ts';
import { transferAtomic } from './transfer-atomic.ts';
import { transferBranch } from './transfer-branch.ts';
import { transferCall, transferExit } from './transfer-call.ts';
import { iteratorIsActive } from './transfer-kfunc.ts';
import { transferMemory } from './transfer-memory.ts';
import type { Walk } from './walk.ts';
import { previousAtCall, widenImprecise } from './widening.ts';

/** A state is saved only so many instructions (and two jumps) after the last one. */
const SAVE_AFTER_INSNS = 8;
/** Inside a loop that is still being walked, only after so many. */
const LOOP_JUMPS = 20;
const LOOP_INSNS = 100;

/** What is told of a walk: each instruction before it is taken and after, and where a path was cut. */
export interface Observer {
  before(walk: Walk): void;
  after?(walk: Walk): void;
  covered?(walk: Walk): void;
}

function liveOf(walk: Walk, state: State, frame: number): number {
  const inner = state.frames[frame + 1];
  if (inner === undefined) return walk.shape.live[walk.insn] ?? 0;
  return walk.shape.live[inner.callsite] ?? 0x3ff;
}

function loadFunction(walk: Walk, dst: number, target: number): boolean {
  const part = walk.shape.subprograms[walk.shape.owner[target] ?? 0];
  if (walk.rules.model !== undefined && part?.linkage === 'global') return walk.refuse('callback-not-static', {});
  walk.setReg(dst, pointerReg(KIND.FUNC, { frame: target }));
  return true;
}

function transferWideLoad(walk: Walk): boolean {
  const { code, insn } = walk;
  const dst = code.dst[insn] ?? 0;
  const low = BigInt((code.imm[insn] ?? 0) >>> 0);
  const second = code.imm[insn + 1] ?? 0;
  if (dst === FRAME_POINTER) return walk.refuse('frame-pointer-written', {});
  walk.next = insn + 2;
  const map = walk.program.maps[code.imm[insn] ?? 0] ?? null;
  switch (code.src[insn] ?? 0) {
    case PSEUDO_LD.VALUE:
      walk.setReg(dst, constReg((BigInt(second >>> 0) << 32n) | low));
      return true;
    case PSEUDO_LD.FUNCTION:
      return loadFunction(walk, dst, calleeOf(code, insn));
    case PSEUDO_LD.MAP:
      walk.setReg(dst, pointerReg(KIND.MAP_PTR, { map }));
      return true;
    default:
      walk.setReg(dst, pointerReg(KIND.MAP_VALUE, { map, value: constScalar(BigInt(second >>> 0)) }));
      return true;
  }
}

/** Map value addresses must lie inside the one value of an array (array_map_direct_value_addr). */
export function checkValueAddresses(walk: Walk): boolean {
  const { code } = walk;
  for (let slot = 0; slot < code.length; slot++) {
    if (!isLoadImm64(code.opcode[slot] ?? 0)) continue;
    if (code.src[slot] === PSEUDO_LD.MAP_VALUE) {
      const map = walk.program.maps[code.imm[slot] ?? 0];
      const offset = (code.imm[slot + 1] ?? 0) >>> 0;
      walk.insn = slot;
      const values = { size: map?.valueSize ?? 0, off: offset };
      if (map === undefined || map.type !== MAP.ARRAY || map.maxEntries !== 1) return walk.refuse('value-address-type', values);
      if (offset >= map.valueSize) return walk.refuse('direct-value-unsupported', values);
    }
    slot++;
  }
  return true;
}

function transferMayGoto(walk: Walk): boolean {
  const inside = walk.fork(walk.insn + 1);
  if (inside === null) return false;
  inside.mayGotoDepth++;
  const previous = previousAtCall(walk.state.parent?.parent ?? null, walk.insn, walk.state.frames.length);
  if (previous !== null) widenImprecise(previous, inside);
  walk.next = targetOf(walk.code, walk.insn);
  return true;
}

const isAtomic = (opcode: number): boolean => (opcode & 7) === CLASS.STX && (opcode & 0xe0) === MODE.ATOMIC;

/** What one instruction led to. */
const STEP = { REFUSED: 0, GOES_ON: 1, ENDED: 2 } as const;
type StepResult = (typeof STEP)[keyof typeof STEP];
const result = (ok: boolean): StepResult => (ok ? STEP.GOES_ON : STEP.REFUSED);

/** Walks one instruction. */
function walkOne(walk: Walk): StepResult {
  const opcode = walk.code.opcode[walk.insn] ?? 0;
  const step = walk.recordStep();
  walk.next = walk.insn + 1;
  switch (opcode & 7) {
    case CLASS.ALU:
    case CLASS.ALU64:
      return result(transferAlu(walk));
    case CLASS.LD:
      return result(isLoadImm64(opcode) ? transferWideLoad(walk) : transferMemory(walk, step));
    case CLASS.LDX:
    case CLASS.ST:
    case CLASS.STX:
      return result(isAtomic(opcode) ? transferAtomic(walk, step) : transferMemory(walk, step));
    default: {
      walk.jumps++;
      if (isExit(opcode)) {
        const { ok, ended } = transferExit(walk, step);
        return ok && ended ? STEP.ENDED : result(ok);
      }
      if (isCall(opcode)) return result(transferCall(walk));
      if (isMayGoto(opcode)) return result(transferMayGoto(walk));
      if ((opcode & 0xf0) === JMP.JA) {
        walk.next = targetOf(walk.code, walk.insn);
        return result(true);
      }
      return result(transferBranch(walk, step));
    }
  }
}

const scalarId = (reg: Reg | null): number => (reg !== null && reg.kind === KIND.SCALAR ? reg.id : 0);

/** Scalar identities that only one register or slot of a state has. */
function lonelyIds(state: State): Set<number> {
  const lonely = new Set<number>();
  const met = new Set<number>();
  const count = (reg: Reg | null): void => {
    const id = scalarId(reg);
    if (id === 0) return;
    if (met.has(id)) lonely.delete(id);
    else {
      met.add(id);
      lonely.add(id);
    }
  };
  for (const frame of state.frames) {
    for (const reg of frame.regs) count(reg);
    for (const slot of frame.stack) count(slot.reg);
  }
  return lonely;
}

/** Ids that only one register has tell nothing; without them states meet more often. */
function clearLonelyIds(state: State): void {
  const lonely = lonelyIds(state);
  if (lonely.size === 0) return;
  for (const frame of state.frames) {
    frame.regs.forEach((reg, r) => {
      if (lonely.has(scalarId(reg))) frame.regs[r] = regWith(reg, { id: 0, delta: null });
    });
    frame.stack.forEach((slot, spi) => {
      if (slot.reg !== null && lonely.has(scalarId(slot.reg)))
        frame.stack[spi] = { types: slot.types, reg: regWith(slot.reg, { id: 0, delta: null }) };
    });
  }
}

type Visit = 'covered' | 'go on' | 'refused';

function compareOpen(walk: Walk, saved: State, live: (frame: number) => number): Visit | 'miss' {
  const current = walk.state;
  const opcode = walk.code.opcode[walk.insn] ?? 0;
  const must = walk.rules.stackMustBeWritten;
  if (isMayGoto(opcode)) {
    if (saved.mayGotoDepth !== current.mayGotoDepth && covers(saved, current, 'range-within', live, must)) return 'covered';
  } else if (walk.shape.forced[walk.insn] === 1) {
    // An iterator that has given NULL leads out of the loop: only turns can be cut short, and standing still is no turn.
    if (!walk.isIteratorNext(walk.insn) || iteratorIsActive(walk))
      return covers(saved, current, 'range-within', live, must) ? 'covered' : 'miss';
  }
  const looks =
    mayLoop(saved, current) &&
    saved.mayGotoDepth === current.mayGotoDepth &&
    saved.callbackUnrollDepth === current.callbackUnrollDepth &&
    sameIteratorDepths(saved, current) &&
    covers(saved, current, 'exact', live, must);
  if (!looks) return 'miss';
  walk.refuse('infinite-loop', { slot: walk.insn }, 'registers and stack are the same as on the last turn');
  if (walk.log !== null) walk.logNotes = [`cur state:${stateText(current)}`, `old state:${stateText(saved)}`];
  return 'refused';
}

const isOpenLoop = (walk: Walk, state: State): boolean =>
  walk.shape.openLoop[walk.insn] === 1 ||
  state.frames.some((frame) => frame.callsite >= 0 && walk.shape.openLoop[frame.callsite] === 1);

/** Compares with what was walked before; saves the current state where that pays. */
function visit(walk: Walk): Visit {
  const { shape, options } = walk;
  const sinceJumps = walk.jumps - walk.savedAtJumps;
  const sinceInsns = walk.processed - walk.savedAtInsns;
  const forced = options.saveOften || shape.forced[walk.insn] === 1;
  const saved = walk.explored.get(walk.insn) ?? [];
  const live = (frame: number): number => liveOf(walk, walk.state, frame);
  let save = forced || (sinceJumps >= 2 && sinceInsns >= SAVE_AFTER_INSNS);
  const open = options.everyScalar === true || isOpenLoop(walk, walk.state);
  for (let i = saved.length - 1; i >= 0; i--) {
    const state = saved[i];
    if (state === undefined || !sameCallsites(state, walk.state)) continue;
    const unfinished = state.branches > 0;
    let outcome: Visit | 'miss' = 'miss';
    if (unfinished) outcome = compareOpen(walk, state, live);
    else if (covers(state, walk.state, open ? 'range-within' : 'covers', live, walk.rules.stackMustBeWritten))
      outcome = 'covered';
    if (outcome === 'refused') return outcome;
    if (outcome === 'covered') {
      state.hits++;
      inheritReads(walk, state);
      inheritPrecision(walk, state);
      return outcome;
    }
    // A loop still being walked: saving a state on every turn would cost more than it finds.
    if (unfinished && !forced && sinceJumps < LOOP_JUMPS && sinceInsns < LOOP_INSNS) save = false;
    if (save) state.misses++;
    const patience = shape.forced[walk.insn] === 1 && unfinished ? 64 : 3;
    if (state.misses > state.hits * patience + patience) {
      saved.splice(i, 1);
      walk.keptStates--;
    }
  }
  if (save) saveState(walk, saved);
  return 'go on';
}

const sameCallsites = (a: State, b: State): boolean => {
  if (a.frames.length !== b.frames.length) return false;
  for (let f = 1; f < a.frames.length; f++) if (a.frames[f]?.callsite !== b.frames[f]?.callsite) return false;
  return true;
};

function saveState(walk: Walk, saved: State[]): void {
  walk.savedAtJumps = walk.jumps;
  walk.savedAtInsns = walk.processed;
  walk.savedStates++;
  clearLonelyIds(walk.state);
  const copy = walk.state.copy();
  copy.at = walk.insn;
  copy.branches = 1;
  saved.push(copy);
  walk.explored.set(walk.insn, saved);
  walk.keptStates++;
  walk.peakStates = Math.max(walk.peakStates, walk.keptStates);
  walk.mostStates = Math.max(walk.mostStates, saved.length);
  for (const frame of walk.state.frames) {
    frame.writtenLow = 0;
    frame.writtenHigh = 0;
  }
  walk.state.parent = copy;
  walk.state.steps = null;
}

/** Walks every path. True when nothing was refused. */
export function explore(walk: Walk, observe: Observer | null): boolean {
  if (walk.entry === 0) walk.setReg(1, pointerReg(KIND.CTX));
  for (;;) {
    walk.processed++;
    if (walk.processed > walk.options.instructionLimit) {
      return walk.refuse('too-large', { count: walk.processed, limit: walk.options.instructionLimit });
    }
    let over = false;
    if (walk.shape.prunePoint[walk.insn] === 1) {
      const outcome = visit(walk);
      if (outcome === 'refused') return false;
      over = outcome === 'covered';
    }
    if (!over) {
      if (observe !== null) observe.before(walk);
      const outcome = walkOne(walk);
      if (outcome === STEP.REFUSED || walk.refusal !== null) return false;
      over = outcome === STEP.ENDED || walk.abandoned;
      walk.abandoned = false;
      if (!over && observe?.after !== undefined) observe.after(walk);
    } else if (observe?.covered !== undefined) observe.covered(walk);
    if (over) {
      walk.endPath();
      if (!walk.resume()) break;
      continue;
    }
    walk.previous = walk.insn;
    walk.insn = walk.next;
  }
  return true;
}
