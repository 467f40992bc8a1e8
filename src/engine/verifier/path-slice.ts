// From a refusal back along the path walked: where the value in question came from, and which conditions on the way were
// about it. Walks the recorded steps, newest first, following one value through moves, arithmetic, spills and calls. For
// reports only: no verdict depends on it.

import { kfuncNamed } from '../abi/kfuncs.ts';
import { ALU, CLASS, JMP, MODE, PSEUDO_CALL, SOURCE } from '../isa/opcodes.ts';
import { lineOfSlot } from '../object/link.ts';
import { isExit, isLoadImm64 } from './control-flow.ts';
import { isPointer, KIND } from './register.ts';
import { isConst } from './scalar.ts';
import { FRAME_POINTER, type Step } from './state.ts';
import type { Walk } from './walk.ts';

/** How a value came to be. */
export type OriginKind = 'call' | 'number-call' | 'load' | 'constant' | 'address' | 'argument';

export interface Origin {
  readonly slot: number;
  readonly kind: OriginKind;
}

/** A condition on the path, and the slot the path went on at. */
export interface PassedCondition {
  readonly slot: number;
  readonly next: number;
}

/** Something done earlier on the path that the refused instruction cannot live with. */
export interface EarlierDeed {
  readonly slot: number;
  readonly kind: 'given-away' | 'lock-taken' | 'lock-given-back' | 'deleted' | 'stored' | 'written';
}

export interface PathSlice {
  readonly origin: Origin | null;
  readonly earlier: EarlierDeed | null;
  /** Where to look in the source: the refused instruction, or, at an exit that a macro wrote, the last line before it. */
  readonly place: number;
  /** Conditions about the value, or, where none were, the last ones of the path; oldest first. */
  readonly conditions: readonly PassedCondition[];
}

/** Steps looked at: a refusal after a million instructions is not about its first ones. */
const STEP_LIMIT = 20_000;
/** Conditions shown; more would be a walk, not an explanation. */
const CONDITION_LIMIT = 3;
const FRAME = 100;
const SLOT = 16;

export const NO_SLICE: PathSlice = { origin: null, earlier: null, place: -1, conditions: [] };

/** Steps of the current path, newest first, across the saved states it passed. */
function* stepsBack(walk: Walk): Generator<Step> {
  let count = 0;
  for (let state: typeof walk.state | null = walk.state; state !== null; state = state.parent) {
    for (let step = state.steps; step !== null; step = step.before) {
      if (count >= STEP_LIMIT) return;
      count++;
      yield step;
    }
  }
}

const isCondition = (opcode: number): boolean => {
  const group = opcode & 7;
  const operation = opcode & 0xf0;
  if (group !== CLASS.JMP && group !== CLASS.JMP32) return false;
  return operation !== JMP.JA && operation !== JMP.CALL && operation !== JMP.EXIT && operation !== JMP.JCOND;
};

const isCall = (opcode: number): boolean => (opcode & 7) === CLASS.JMP && (opcode & 0xf0) === JMP.CALL;

/** Name of the helper or kernel function called at a slot; empty for another function of the program. */
function calledName(walk: Walk, slot: number): string {
  const { code, rules, program } = walk;
  const imm = code.imm[slot] ?? 0;
  if (code.src[slot] === PSEUDO_CALL.HELPER) return rules.helperName(imm) ?? '';
  return code.src[slot] === PSEUDO_CALL.KFUNC ? (program.kfuncs[imm] ?? '') : '';
}

/** The call at a slot may take over what it is passed in an argument. */
function takesAway(walk: Walk, slot: number, argument: number): boolean {
  const { code, rules, program } = walk;
  const imm = code.imm[slot] ?? 0;
  if (code.src[slot] === PSEUDO_CALL.KFUNC) {
    const flags = kfuncNamed(program.kfuncs[imm] ?? '')?.flags ?? '';
    return (flags.includes('R') && argument === 1) || (flags.includes('P') && argument === 2);
  }
  const rule = code.src[slot] === PSEUDO_CALL.HELPER ? rules.helper(imm) : null;
  if (rule === null) return false;
  return rule.consumesPacket || rule.endsPacket === true ? argument === 2 : rule.releases && (argument === 1 || rule.acquires);
}

/** The load at a slot reads an argument that the kernel called the operation with. */
const isOperationArgument = (walk: Walk, slot: number): boolean =>
  walk.rules.model !== undefined && walk.pointerKinds[slot] === KIND.CTX;

class Slicer {
  readonly origins: Origin[] = [];
  readonly conditions: PassedCondition[] = [];
  /** Left shifts that the value went through. */
  readonly shifts: number[] = [];
  /** The last call that took the value away from the program; -1 for none. */
  givenAway = -1;
  /** The call after the step looked at, in the same frame. */
  private call = -1;
  private readonly wanted = new Set<number>();
  private readonly walk: Walk;

  constructor(walk: Walk) {
    this.walk = walk;
  }

  want(frame: number, register: number): void {
    this.wanted.add(frame * FRAME + register);
  }

  isDone(): boolean {
    return this.wanted.size === 0;
  }

  private take(key: number): boolean {
    return this.wanted.delete(key);
  }

  private end(slot: number, kind: OriginKind): void {
    this.origins.push({ slot, kind });
  }

  /** A copy of the value into an argument of the call that follows. */
  private pass(dst: number, src: number, frame: number): void {
    const argument = dst - frame * FRAME;
    if (argument < 1 || argument > 5 || this.givenAway >= 0 || this.call < 0 || !this.wanted.has(src)) return;
    if (takesAway(this.walk, this.call, argument)) this.givenAway = this.call;
  }

  /** One step back; `newer` is the step that followed it on the path, `onward` a later one to name in words. */
  back(step: Step, newer: Step, onward: number): void {
    const { code } = this.walk;
    const { slot, frame } = step;
    const opcode = code.opcode[slot] ?? 0;
    const dst = frame * FRAME + (code.dst[slot] ?? 0);
    const src = frame * FRAME + (code.src[slot] ?? 0);
    switch (opcode & 7) {
      case CLASS.ALU:
      case CLASS.ALU64:
        if ((opcode & 0xf8) === (ALU.MOV | SOURCE.X)) this.pass(dst, src, frame);
        this.arithmetic(opcode, slot, dst, src);
        return;
      case CLASS.LD:
        if (this.take(isLoadImm64(opcode) ? dst : frame * FRAME)) this.end(slot, isLoadImm64(opcode) ? 'address' : 'load');
        return;
      case CLASS.LDX:
        if (!this.take(dst)) return;
        if (step.stackSlot >= 0) this.wanted.add(step.stackFrame * FRAME + SLOT + step.stackSlot);
        else this.end(slot, isOperationArgument(this.walk, slot) ? 'argument' : 'load');
        return;
      case CLASS.ST:
      case CLASS.STX:
        this.store(step, opcode, src);
        return;
      default:
        this.jump(step, newer, onward, opcode, dst, src);
    }
  }

  private arithmetic(opcode: number, slot: number, dst: number, src: number): void {
    if (!this.wanted.has(dst)) return;
    if ((opcode & 0xf0) === ALU.LSH) this.shifts.push(slot);
    const byRegister = (opcode & 8) === SOURCE.X;
    if ((opcode & 0xf0) === ALU.MOV) {
      this.take(dst);
      if (byRegister) this.wanted.add(src);
      else this.end(slot, 'constant');
    } else if (byRegister && (opcode & 0xf0) !== ALU.END && (opcode & 0xf0) !== ALU.NEG) this.wanted.add(src);
  }

  private store(step: Step, opcode: number, src: number): void {
    if ((opcode & 0xe0) === MODE.ATOMIC) {
      if (this.take(src)) this.end(step.slot, 'load');
      return;
    }
    if (step.stackSlot < 0 || !this.take(step.stackFrame * FRAME + SLOT + step.stackSlot)) return;
    if ((opcode & 7) === CLASS.STX) this.wanted.add(src);
    else this.end(step.slot, 'constant');
  }

  private jump(step: Step, newer: Step, onward: number, opcode: number, dst: number, src: number): void {
    const { code, rules } = this.walk;
    const { slot, frame } = step;
    if (isCondition(opcode)) {
      const about = this.wanted.has(dst) || ((opcode & 8) === SOURCE.X && this.wanted.has(src));
      if (about) this.conditions.push({ slot, next: onward });
      return;
    }
    const operation = opcode & 0xf0;
    if (operation === JMP.EXIT && newer.frame < frame) {
      if (this.take(newer.frame * FRAME)) this.wanted.add(frame * FRAME);
      return;
    }
    if (operation !== JMP.CALL) return;
    this.call = slot;
    const entered = newer.frame > frame;
    const subprogram = code.src[slot] === PSEUDO_CALL.SUBPROGRAM;
    for (let r = 0; r <= 5; r++) {
      if (entered && this.take((frame + 1) * FRAME + r)) {
        if (subprogram) this.wanted.add(frame * FRAME + r);
        else this.end(slot, 'call');
      } else if (!entered && this.take(frame * FRAME + r) && !subprogram) {
        const number = code.src[slot] === PSEUDO_CALL.HELPER && rules.helper(code.imm[slot] ?? 0)?.returns === 'scalar';
        this.end(slot, number ? 'number-call' : 'call');
      }
    }
  }
}

/** What a reader wants to know first: of an address with an index, the index; of a pointer, the call that gave it. */
const FOR_INDEX: readonly OriginKind[] = ['load', 'number-call', 'constant', 'call', 'argument', 'address'];
const FOR_POINTER: readonly OriginKind[] = ['argument', 'call', 'load', 'number-call', 'constant', 'address'];

/** Register that the refused instruction goes through; null for an instruction without one. */
function registerInQuestion(walk: Walk): number | null {
  const named = walk.refusal?.values.reg;
  if (typeof named === 'number') return named;
  const opcode = walk.code.opcode[walk.insn] ?? 0;
  switch (opcode & 7) {
    case CLASS.LDX:
      return walk.code.src[walk.insn] ?? null;
    case CLASS.ST:
    case CLASS.STX:
    case CLASS.ALU:
    case CLASS.ALU64: {
      // Of a pointer and a number it is the number that is wrong.
      const dst = walk.code.dst[walk.insn] ?? 0;
      const src = walk.code.src[walk.insn] ?? 0;
      return (opcode & 8) === SOURCE.X && walk.reg(src).kind === KIND.SCALAR ? src : dst;
    }
    default:
      return null;
  }
}

/** Line of the function around an operation that a macro writes (BPF_PROG): it has the only exits. -1 elsewhere. */
function wrapperLine(walk: Walk): number {
  const part = walk.shape.subprograms[walk.shape.owner[walk.entry] ?? 0];
  if (walk.rules.model === undefined || part === undefined || walk.entry !== 0) return -1;
  for (let slot = part.start; slot < part.end; slot++) {
    if (isExit(walk.code.opcode[slot] ?? 0)) return lineOfSlot(walk.program.lines, slot)?.line ?? -1;
  }
  return -1;
}

interface Looked {
  readonly step: Step;
  /** Slot of a later step of another line, which is not the line that the function itself begins with. */
  readonly onward: number;
}

/** The path, newest first, each step with where it went on in words of the source. */
function* linesBack(walk: Walk): Generator<Looked> {
  const { lines } = walk.program;
  const lineAt = (slot: number): number => lineOfSlot(lines, slot)?.line ?? 0;
  const wrapper = wrapperLine(walk);
  const rest: number[] = [];
  for (const step of stepsBack(walk)) {
    const line = lineAt(step.slot);
    yield { step, onward: rest.find((slot) => lineAt(slot) !== line) ?? rest[0] ?? walk.insn };
    if (line === wrapper) continue;
    const newest = rest[0];
    if (newest !== undefined && lineAt(newest) === line) rest[0] = step.slot;
    else rest.unshift(step.slot);
    if (rest.length > 2) rest.length = 2;
  }
}

/** Conditions from the end back to the slot `until` (or the start), newest first. */
function lastConditions(walk: Walk, until: number): PassedCondition[] {
  const found: PassedCondition[] = [];
  let first = true;
  for (const { step, onward } of linesBack(walk)) {
    if (!first && step.slot === until) break;
    if (isCondition(walk.code.opcode[step.slot] ?? 0)) found.push({ slot: step.slot, next: onward });
    first = false;
    if (found.length > 64) break;
  }
  return found;
}

/** What to look for earlier on the path, by the code of a refusal. */
const EARLIER: Readonly<Record<string, { readonly kind: EarlierDeed['kind']; readonly name: RegExp }>> = {
  'call-in-lock': { kind: 'lock-taken', name: /spin_lock|preempt_disable/ },
  'global-call-in-lock': { kind: 'lock-taken', name: /spin_lock/ },
  'section-open': { kind: 'lock-taken', name: /spin_lock|rcu_read_lock|preempt_disable/ },
  'lock-not-held': { kind: 'lock-given-back', name: /spin_unlock/ },
  'packet-pushed-twice': { kind: 'given-away', name: /bpf_skb_map_push|bpf_map_update/ },
  'packet-gone': { kind: 'given-away', name: /bpf_skb_map_push|bpf_skb_drop/ },
  'packet-maybe-freed': { kind: 'deleted', name: /bpf_map_delete_elem/ },
};

/** The last store into the bytes of the stack that the refused call uses. */
function lastStackWrite(walk: Walk): EarlierDeed | null {
  const { off, size } = walk.refusal?.values ?? {};
  if (typeof off !== 'number' || typeof size !== 'number') return null;
  for (const { slot } of stepsBack(walk)) {
    const group = (walk.code.opcode[slot] ?? 0) & 7;
    const at = walk.code.off[slot] ?? 0;
    if ((group !== CLASS.ST && group !== CLASS.STX) || walk.code.dst[slot] !== FRAME_POINTER) continue;
    if (at >= off && at < off + size) return { slot, kind: 'written' };
  }
  return null;
}

function earlierDeed(walk: Walk, code: string): EarlierDeed | null {
  if (code === 'stack-unwritten-argument' || code === 'stack-outside') return lastStackWrite(walk);
  const wanted = EARLIER[code];
  const overwritten = code === 'packet-overwritten';
  if (wanted === undefined && !overwritten) return null;
  let first = true;
  for (const { slot } of stepsBack(walk)) {
    const same = walk.code.opcode[slot] === walk.code.opcode[walk.insn] && walk.code.off[slot] === walk.code.off[walk.insn];
    if (!first && overwritten && same) return { slot, kind: 'stored' };
    if (!first && wanted !== undefined && isCall(walk.code.opcode[slot] ?? 0) && wanted.name.test(calledName(walk, slot))) {
      return { slot, kind: wanted.kind };
    }
    first = false;
  }
  return null;
}

/** At an exit in the line that the function begins with (a macro wrote it): the newest step of another line. */
function placeOf(walk: Walk): number {
  const { lines } = walk.program;
  const lineAt = (slot: number): number => lineOfSlot(lines, slot)?.line ?? 0;
  const wrapper = wrapperLine(walk);
  if (lineAt(walk.insn) !== wrapper) return walk.insn;
  for (const { slot } of stepsBack(walk)) if (lineAt(slot) !== wrapper) return slot;
  return walk.insn;
}

function once(conditions: readonly PassedCondition[]): PassedCondition[] {
  const met = new Set<number>();
  const kept = conditions.filter(({ slot }) => !met.has(slot) && met.add(slot) !== undefined);
  return kept.slice(0, CONDITION_LIMIT).reverse();
}

/** Refusals about the path as a whole, and those found after all paths were walked. */
const ABOUT_PATH: readonly string[] = ['infinite-loop', 'too-large', 'too-many-branches'];
const ABOUT_NO_PATH: readonly string[] = ['stack-too-deep'];

/** The slice of the path that the walk's refusal stands at the end of. The walk must not have gone on since. */
export function slicePath(walk: Walk): PathSlice {
  const refusal = walk.refusal;
  if (refusal === null || ABOUT_NO_PATH.includes(refusal.code)) return NO_SLICE;
  const earlier = earlierDeed(walk, refusal.code);
  const place = placeOf(walk);
  if (ABOUT_PATH.includes(refusal.code)) {
    return { origin: null, earlier, place, conditions: once(lastConditions(walk, -1)) };
  }
  const register = registerInQuestion(walk);
  const slicer = new Slicer(walk);
  let index = false;
  if (register !== null) {
    const reg = walk.reg(register);
    index = isPointer(reg) && !isConst(reg.value);
    slicer.want(walk.state.frames.length - 1, register);
  }
  let newer: Step | null = null;
  for (const { step, onward } of linesBack(walk)) {
    if (slicer.isDone()) break;
    if (newer !== null) slicer.back(step, newer, onward);
    newer = step;
  }
  const preferred = (index ? FOR_INDEX : FOR_POINTER)
    .map((kind) => slicer.origins.find((origin) => origin.kind === kind))
    .find((origin) => origin !== undefined);
  const origin = refusal.origin >= 0 ? given(walk, refusal.origin) : (preferred ?? null);
  const deed: EarlierDeed | null = earlier ?? (slicer.givenAway >= 0 ? { slot: slicer.givenAway, kind: 'given-away' } : null);
  const conditions = slicer.conditions.length > 0 ? slicer.conditions : lastConditions(walk, deed?.slot ?? origin?.slot ?? -1);
  return { origin, earlier: deed, place, conditions: once(conditions) };
}

/** The reference was given by a call, or with the call of the operation. */
const given = (walk: Walk, slot: number): Origin => ({
  slot,
  kind: isCall(walk.code.opcode[slot] ?? 0) ? 'call' : 'argument',
});

/** Slot of a left shift that pushed known-to-be-possible bits out of the value in a register; -1 when there is none on this path. */
export function lossyShiftBehind(walk: Walk, register: number): number {
  const slicer = new Slicer(walk);
  slicer.want(walk.state.frames.length - 1, register);
  let newer: Step | null = null;
  for (const step of stepsBack(walk)) {
    if (slicer.isDone()) break;
    if (newer !== null) slicer.back(step, newer, newer.slot);
    newer = step;
  }
  // Of numbers read back from the stack in parts the range is forgotten: nothing is known against them.
  const forgotten = slicer.origins.some(({ slot, kind }) => kind === 'load' && walk.pointerKinds[slot] === KIND.STACK);
  return forgotten ? -1 : (slicer.shifts.find((slot) => walk.lossyShifts.has(slot)) ?? -1);
}
